// Questions to load balancers: once for all who wait for the same, slower while there is no answer, none when settled.
#include "controller/load_balancer_view.h"

#include <boost/test/unit_test.hpp>

namespace sluice::controller {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

struct Api final : traffic::LoadBalancerApi {
  explicit Api(kube::Clock& clock) : clock_(clock) {}
  boost::asio::awaitable<kube::Result<traffic::LoadBalancerState>> describe(std::vector<std::string> names) override {
    asked.push_back(names.empty() ? "" : names.front());
    const int told = weight;  // as it is when the question arrives
    co_await clock_.sleep_for(std::chrono::milliseconds(500));
    if (is_throttled) co_return kube::Error{kube::Fault::throttled, "Throttling"};
    traffic::LoadBalancerState state{true, {}};
    state.rules.push_back({"rule", {{"group", told}}});
    co_return state;
  }
  std::vector<std::string> asked;
  int weight = 10;
  bool is_throttled = false;

 private:
  kube::Clock& clock_;
};

struct Watched {
  Watched() {
    view.listen([this](const kube::ObjectKey& key) { told.push_back(key.name); });
    view.start(tasks);
  }
  ~Watched() {
    tasks.stop();
    io.restart();
    io.poll();
  }
  int weight_of(const std::string& ingress, const std::string& version) {
    const SeenLoadBalancer* seen = view.find({"web", ingress}, version);
    return seen && seen->is_answered ? seen->state.rules.front().groups.front().weight : -1;
  }
  boost::asio::io_context io{1};
  kube::VirtualClock clock{io};
  kube::Log log{kube::LogLevel::error, kube::LogFormat::text, [this] { return clock.now(); }};
  Api api{clock};
  LoadBalancerView view{api, clock, log};
  kube::Tasks tasks{io.get_executor(), log};
  std::vector<std::string> told;
};

BOOST_AUTO_TEST_SUITE(load_balancer_view)

BOOST_FIXTURE_TEST_CASE(ingresses_of_one_load_balancer_are_asked_about_once, Watched) {
  for (const char* name : {"a", "b", "c"}) view.want({"web", name}, "10", {"one.example"});
  view.want({"web", "d"}, "10", {"two.example"});
  clock.run_for(seconds(5));
  BOOST_TEST(api.asked.size() == 2u);
  for (const char* name : {"a", "b", "c", "d"}) BOOST_TEST(weight_of(name, "10") == 10);
  BOOST_TEST(told.size() == 4u);
  clock.run_for(seconds(10));
  BOOST_TEST(api.asked.size() == 4u);
}

BOOST_FIXTURE_TEST_CASE(nothing_is_asked_about_what_is_settled_or_gone, Watched) {
  view.want({"web", "a"}, "10", {"one.example"});
  view.want({"web", "b"}, "10", {"two.example"});
  clock.run_for(seconds(1));
  view.settle({"web", "a"});
  view.forget({"web", "b"});
  clock.run_for(minutes(60));
  BOOST_TEST(api.asked.size() == 2u);
  BOOST_TEST(weight_of("a", "10") == 10);
  BOOST_TEST(weight_of("b", "10") == -1);
}

BOOST_FIXTURE_TEST_CASE(an_answer_to_an_earlier_wish_does_not_count, Watched) {
  view.want({"web", "a"}, "10", {"one.example"});
  clock.run_for(std::chrono::milliseconds(100));
  api.weight = 20;
  view.want({"web", "a"}, "20", {"one.example"});
  view.want({"web", "a"}, "10", {"one.example"});  // back again while the first question is under way
  clock.run_for(std::chrono::milliseconds(600));
  BOOST_TEST(weight_of("a", "10") == -1);
  clock.run_for(seconds(1));
  BOOST_TEST(weight_of("a", "10") == 20);
  BOOST_TEST(api.asked.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_throttled_api_is_asked_ever_more_slowly, Watched) {
  api.is_throttled = true;
  view.want({"web", "a"}, "10", {"one.example"});
  clock.run_for(minutes(5));
  // After 10, 20, 40 and then 60 seconds.
  BOOST_TEST(api.asked.size() >= 6u);
  BOOST_TEST(api.asked.size() <= 8u);
  BOOST_TEST(told.size() == 1u);
  BOOST_TEST(view.find({"web", "a"}, "10")->trouble == "Throttling");
  BOOST_TEST(!view.find({"web", "a"}, "10")->is_answered);
  api.is_throttled = false;
  clock.run_for(minutes(1));
  BOOST_TEST(weight_of("a", "10") == 10);
  BOOST_TEST(view.find({"web", "a"}, "10")->trouble.empty());
  // An answer that came stays, with the trouble beside it.
  api.is_throttled = true;
  clock.run_for(minutes(1));
  BOOST_TEST(weight_of("a", "10") == 10);
  BOOST_TEST(view.find({"web", "a"}, "10")->trouble == "Throttling");
}

BOOST_FIXTURE_TEST_CASE(a_question_that_nobody_wants_answered_ends, Watched) {
  view.want({"web", "a"}, "10", {"one.example"});
  clock.run_for(minutes(130));
  const std::size_t asked = api.asked.size();
  BOOST_TEST(asked > 100u);
  clock.run_for(minutes(60));
  BOOST_TEST(api.asked.size() == asked);
  view.want({"web", "a"}, "10", {"one.example"});
  clock.run_for(seconds(1));
  BOOST_TEST(api.asked.size() == asked + 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller
