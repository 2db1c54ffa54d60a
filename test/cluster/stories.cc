// Telling the stories of one run at the same time.
#include "test/cluster/stories.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>

#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <fmt/format.h>

#include "test/cluster/expect.h"

namespace sluice::cluster_test {
namespace {

using namespace net::experimental::awaitable_operators;

constexpr auto limit = std::chrono::minutes(10);
// How many are told at the same time: enough that waiting costs nothing, and not so many that a small machine starves.
constexpr int at_once = 40;

struct Told {
  Story story = nullptr;
  bool done = false;
  std::string failure;  // "" when all went well
  kube::Duration took{};
};

std::map<std::string, Told>& all_stories() {
  static std::map<std::string, Told> stories;
  return stories;
}

std::unique_ptr<ControllerProcess> controller;

struct EnabledCases : boost::unit_test::test_tree_visitor {
  std::set<std::string> names;
  void visit(const boost::unit_test::test_case& test) override {
    if (test.is_enabled()) names.insert(test.p_name.get());
  }
};

std::set<std::string> enabled_cases() {
  EnabledCases cases;
  boost::unit_test::traverse_test_tree(boost::unit_test::framework::master_test_suite(), cases, true);
  return cases.names;
}

// A name of at most 20 characters, as namespaces and objects derived from it must stay short.
std::string namespace_word(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  name = name.substr(0, 20);
  while (name.ends_with('-')) name.pop_back();
  return name;
}

// Never throws but for cancellation, because `||` waits for the other side then. Answers what went wrong, or "".
net::awaitable<std::string> tell(World& w, Story story, std::string word) {
  try {
    std::string ns = co_await w.admin.new_namespace(std::move(word));
    Scene scene{w, w.admin, std::move(ns)};
    co_await story(scene);
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == net::error::operation_aborted) throw;
    co_return failure.what();
  } catch (const std::exception& failure) {
    co_return failure.what();
  }
  co_return "";
}

net::awaitable<void> tell_in_time(World& w, Told& told, std::string word) {
  static int under_way = 0;
  while (under_way >= at_once) co_await w.clock.sleep_for(std::chrono::milliseconds(50));
  ++under_way;
  const kube::Time begin = w.clock.now();
  const auto outcome = co_await (tell(w, told.story, std::move(word)) || w.clock.sleep_for(limit));
  told.failure = outcome.index() == 0 ? std::get<0>(outcome) : "the story did not come to an end within 10 minutes";
  --under_way;
  told.took = w.clock.now() - begin;
  told.done = true;
}

// So that nobody has to wait until the Lease of a killed process runs out.
net::awaitable<void> give_the_lease_back(World& w) {
  kube::ObjectKey lease{"sluice", "argo-rollouts-controller-lock"};
  co_await w.client.remove(kube::resources::leases, std::move(lease), kube::DeleteOptions());
}

void begin_all() {
  static bool begun = false;
  if (std::exchange(begun, true)) return;
  story_controller();
  World& w = world();
  const std::set<std::string> enabled = enabled_cases();
  for (auto& [name, told] : all_stories())
    if (enabled.contains(name)) net::co_spawn(w.io, tell_in_time(w, told, namespace_word(name)), net::detached);
}

}  // namespace

bool begin_with_the_others(const char* name, Story story) {
  all_stories()[name].story = story;
  return true;
}

void finish(const char* name) {
  begin_all();
  Told& told = all_stories().at(name);
  world().pump_until(told.done);
  BOOST_TEST_MESSAGE(fmt::format("the story took {}", kube::format_duration(told.took)));
  BOOST_TEST(told.failure == "");
}

ControllerProcess& story_controller() {
  if (!controller) {
    World& w = world();
    w.run(install_permissions(w));
    static const bool ended_in_time = (w.at_end([] { controller.reset(); }), true);
    static_cast<void>(ended_in_time);
    // No story is about elections, and on a busy machine a short Lease would be lost between two of them.
    const std::vector<std::string> flags{"--controllers=rollouts", "--controllers=experiments,analysis",
                                         "--leader-election-lease-duration=90s",
                                         "--leader-election-renew-deadline=80s"};
    controller = std::make_unique<ControllerProcess>("controller",
                                                     w.run(access_of_service_account(w, "sluice", "sluice")), flags);
    w.run(controller->until_it_leads(w));
  }
  return *controller;
}

void end_story_controller() {
  if (!controller) return;
  controller.reset();
  world().run(give_the_lease_back(world()));
}

}  // namespace sluice::cluster_test
