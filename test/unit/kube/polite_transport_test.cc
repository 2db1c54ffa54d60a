// A busy server is given the time it asks for, and fewer requests at once.
#include "kube/polite_transport.h"

#include <boost/test/unit_test.hpp>

#include "kube/tasks.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::kube {
namespace {

using test::answer;

ApiRequest get(std::string target) {
  ApiRequest request;
  request.method = "GET";
  request.target = std::move(target);
  return request;
}

ApiResponse busy(std::optional<Duration> retry_after, unsigned status = 429) {
  ApiResponse response = test::refusal(status, "TooManyRequests", "later");
  response.retry_after = retry_after;
  return response;
}

// A server that takes a second for each request and counts how many are there at once.
class SlowServer final : public Transport {
 public:
  explicit SlowServer(Clock& clock) : clock_(clock) {}
  int now = 0;
  int most = 0;
  int served = 0;
  net::awaitable<Result<ApiResponse>> send(ApiRequest) override {
    most = std::max(most, ++now);
    co_await clock_.sleep_for(seconds(1));
    --now;
    ++served;
    co_return answer(200, "{}");
  }
  net::awaitable<Result<ApiStream>> open(ApiRequest) override { co_return Error{Fault::internal, "not used"}; }

 private:
  Clock& clock_;
};

struct Fixture : test::Loop {
  test::ScriptedTransport inner;
  PoliteLimits limits;
  Fixture() { limits.at_once = 8; }
};

BOOST_FIXTURE_TEST_SUITE(polite_transport, Fixture)

BOOST_AUTO_TEST_CASE(waits_as_long_as_the_server_says_and_sends_again) {
  PoliteTransport polite(inner, clock, limits);
  inner.on_send = [&](const ApiRequest&) { return inner.sent.size() < 3 ? busy(seconds(7)) : answer(200, "done"); };
  const Time start = clock.now();
  const Result<ApiResponse> response = run(polite.send(get("/x")));
  BOOST_TEST(response->body == "done");
  BOOST_TEST((clock.now() - start == seconds(14)));
  BOOST_TEST(inner.sent.size() == 3u);
}

BOOST_AUTO_TEST_CASE(waits_a_second_when_nothing_is_said_and_never_longer_than_the_limit) {
  PoliteTransport polite(inner, clock, limits);
  inner.on_send = [&](const ApiRequest&) {
    if (inner.sent.size() == 1) return busy(std::nullopt);
    return inner.sent.size() == 2 ? busy(std::chrono::hours(5)) : answer(200, "done");
  };
  const Time start = clock.now();
  run(polite.send(get("/x")));
  BOOST_TEST((clock.now() - start == seconds(31)));
}

BOOST_AUTO_TEST_CASE(gives_the_last_answer_when_the_server_stays_busy) {
  PoliteTransport polite(inner, clock, limits);
  inner.on_send = [](const ApiRequest&) { return busy(seconds(1)); };
  const Result<ApiResponse> response = run(polite.send(get("/x")));
  BOOST_TEST(response->status == 429u);
  BOOST_TEST(inner.sent.size() == 6u);
}

BOOST_AUTO_TEST_CASE(a_503_is_repeated_only_when_the_server_says_when) {
  PoliteTransport polite(inner, clock, limits);
  inner.on_send = [&](const ApiRequest&) { return inner.sent.size() < 2 ? busy(seconds(1), 503) : busy({}, 503); };
  const Result<ApiResponse> response = run(polite.send(get("/x")));
  BOOST_TEST(response->status == 503u);
  BOOST_TEST(inner.sent.size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_eviction_that_is_forbidden_now_is_the_callers_to_repeat) {
  PoliteTransport polite(inner, clock, limits);
  inner.on_send = [](const ApiRequest&) { return busy(seconds(10)); };
  ApiRequest evict = get("/api/v1/namespaces/a/pods/b/eviction");
  evict.method = "POST";
  const Result<ApiResponse> response = run(polite.send(std::move(evict)), Duration::zero());
  BOOST_TEST(response->status == 429u);
  BOOST_TEST(inner.sent.size() == 1u);
  BOOST_TEST(polite.allowed() == 8);
}

BOOST_AUTO_TEST_CASE(complaints_halve_what_is_sent_at_once_and_answers_restore_it) {
  PoliteTransport polite(inner, clock, limits);
  inner.on_send = [&](const ApiRequest&) { return inner.sent.size() < 5 ? busy(seconds(1)) : answer(200, "{}"); };
  run(polite.send(get("/x")));
  BOOST_TEST(polite.allowed() == 2);  // 8, 4, 2, 1, 1 and one more for the round of one
  int answers = 0;
  while (polite.allowed() < 8 && ++answers < 100) run(polite.send(get("/x")));
  BOOST_TEST(answers > 20);
  BOOST_TEST(answers < 40);
}

net::awaitable<void> ask(Transport& transport, std::string target, std::vector<std::string>& order) {
  ApiRequest request = get(target);
  co_await transport.send(std::move(request));
  order.push_back(target);
}

BOOST_AUTO_TEST_CASE(no_more_than_allowed_are_under_way_and_the_others_follow_in_order) {
  SlowServer server(clock);
  limits.at_once = 2;
  PoliteTransport polite(server, clock, limits);
  Tasks tasks(io.get_executor(), log);
  std::vector<std::string> order;
  for (const char* target : {"/a", "/b", "/c", "/d", "/e"}) tasks.start(target, ask(polite, target, order));
  clock.run_for(std::chrono::milliseconds(2500));
  BOOST_TEST(server.most == 2);
  BOOST_TEST(order == (std::vector<std::string>{"/a", "/b", "/c", "/d"}));
  clock.run_for(seconds(1));
  BOOST_TEST(order.size() == 5u);
  BOOST_TEST(polite.under_way() == 0);
}

BOOST_AUTO_TEST_CASE(requests_that_are_stopped_give_their_places_back) {
  SlowServer server(clock);
  limits.at_once = 1;
  PoliteTransport polite(server, clock, limits);
  Tasks stopped(io.get_executor(), log);
  Tasks tasks(io.get_executor(), log);
  std::vector<std::string> order;
  stopped.start("a", ask(polite, "/a", order));
  stopped.start("b", ask(polite, "/b", order));
  tasks.start("c", ask(polite, "/c", order));
  clock.settle();
  stopped.stop();
  clock.run_for(seconds(2));
  BOOST_TEST(order == std::vector<std::string>{"/c"});
  BOOST_TEST(polite.under_way() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
