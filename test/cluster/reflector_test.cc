// A reflected store against a real API server: pages, changes, and everything a restart of the server does to a watch.
#include "kube/reflector.h"

#include <algorithm>

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/fields.h"
#include "kube/packing_fields.h"
#include "kube/tasks.h"
#include "test/cluster/cut_transport.h"
#include "test/cluster/expect.h"
#include "test/cluster/world.h"

namespace sluice::cluster_test {
namespace {

using kube::resources::config_maps;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Thing {
  kube::ObjectMeta meta;
  static void fields(auto& self, auto& visit) { visit("metadata", self.meta); }
};

// A store of the ConfigMaps of one namespace, kept by a connection that a test can cut.
struct Fixture {
  World& w = world();
  std::string ns = w.run(w.admin.new_namespace("reflect"));
  kube::HttpTransport transport{access_as("admin"), w.clock, kube::HttpTransportOptions()};
  CutTransport cut{transport, w.io};
  kube::Client client{cut};
  std::vector<std::string> lines;
  kube::Log log{kube::LogLevel::debug, kube::LogFormat::text, [this] { return w.clock.now(); },
                [this](std::string_view line) { lines.emplace_back(line); }};
  kube::Store<Thing> store{[](const json::value& value) {
    kube::Mistakes mistakes;
    return std::make_shared<const Thing>(kube::decode<Thing>(value, mistakes));
  }};
  kube::Tasks tasks{w.io.get_executor(), log};

  void start() { tasks.start("reflect", kube::reflect(client, {config_maps, ns, "of=test"}, store, w.clock, log)); }
  ~Fixture() {
    tasks.stop();
    until("over", [this] { return tasks.running() == 0; });
  }
  void until(const std::string& what, std::function<bool()> holds) { w.run(wait(what, std::move(holds))); }
  net::awaitable<void> wait(std::string what, std::function<bool()> holds) {
    const kube::Time end = w.clock.now() + seconds(30);
    while (!holds() && w.clock.now() < end) co_await w.clock.sleep_for(milliseconds(10));
    expect(holds(), "waited 30 s for the store to be " + what + "; it holds: " + names());
  }
  std::string names() const {
    std::vector<std::string> all;
    store.for_each([&](const kube::ObjectKey& key, const Thing&) { all.push_back(key.name); });
    std::sort(all.begin(), all.end());
    std::string text;
    for (const std::string& name : all) text += name + " ";
    return text;
  }
  // As the administrator, whose connection is never cut.
  void make(const std::string& name) {
    needed(w.run(w.client.create(config_maps, ns,
                                 fmt::format(R"({{"metadata":{{"name":"{}","labels":{{"of":"test"}}}}}})", name))));
  }
  void remove(const std::string& name) { w.run(w.admin.remove(config_maps, {ns, name})); }
  std::size_t logged(std::string_view text) const {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }
};

BOOST_FIXTURE_TEST_SUITE(reflector, Fixture)

BOOST_AUTO_TEST_CASE(a_store_follows_the_server) {
  make("a");
  make("b");
  start();
  until("listed", [&] { return store.is_synced() && names() == "a b "; });
  make("c");
  remove("a");
  until("b and c", [&] { return names() == "b c "; });
  BOOST_TEST(logged("listed") == 1U);
}

BOOST_AUTO_TEST_CASE(a_broken_watch_is_resumed_without_another_list) {
  make("a");
  start();
  until("listed", [&] { return names() == "a "; });
  cut.cut();
  make("b");
  remove("a");
  cut.mend();
  until("b", [&] { return names() == "b "; });
  BOOST_TEST(logged("listed") == 1U);
}

// What happened while it was away is no longer kept by a server that has started anew: a true 410.
BOOST_AUTO_TEST_CASE(after_410_the_store_is_listed_again_and_forgets_what_has_gone) {
  make("a");
  make("b");
  start();
  until("listed", [&] { return names() == "a b "; });
  cut.cut();
  remove("a");
  make("c");
  w.run(w.plane.command("kill kube-apiserver"));
  BOOST_TEST(names() == "a b ");  // served meanwhile
  w.run(w.plane.command("start kube-apiserver"));
  cut.mend();
  until("b and c", [&] { return names() == "b c "; });
  BOOST_TEST(logged("listing again") == 1U);
  BOOST_TEST(logged("listed") == 2U);
  make("d");
  until("b, c and d", [&] { return names() == "b c d "; });
}

BOOST_AUTO_TEST_CASE(a_server_that_is_killed_and_started_is_followed_again) {
  make("a");
  start();
  until("listed", [&] { return names() == "a "; });
  w.run(w.plane.command("kill kube-apiserver"));
  until("in trouble", [&] { return logged("cannot watch") == 1; });
  w.run(w.plane.command("start kube-apiserver"));
  make("b");
  until("a and b", [&] { return names() == "a b "; });
  BOOST_TEST(logged("watching again") == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
