// Events arrive in order, equal ones are counted, and a server that is away holds up nothing.
#include "kube/events.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "test/unit/kube/scripted_transport.h"

namespace sluice::kube {
namespace {

using std::chrono::minutes;
using test::answer;
using test::refusal;

struct Fixture : test::Loop {
  test::ScriptedTransport transport;
  Client client{transport};
  EventLimits limits;
  std::unique_ptr<EventRecorder> events;
  Tasks tasks{io.get_executor(), log};

  Fixture() {
    transport.on_send = [](const ApiRequest&) { return answer(201, "{}"); };
    restart();
  }
  ~Fixture() {
    tasks.stop();
    clock.settle();
  }
  void restart() {
    tasks.stop();
    clock.settle();
    events = std::make_unique<EventRecorder>(client, clock, log, "rollouts-controller", "", limits);
    events->start(tasks);
    clock.settle();
  }
  static ObjectReference web(std::string name = "web") {
    return {"argoproj.io/v1alpha1", "Rollout", "shop", std::move(name), "u1"};
  }
  void record(std::string reason, std::string message = "it happened") {
    events->record(web(), {false, std::move(reason), std::move(message)});
  }
  json::value sent(std::size_t index) const { return *parse_json(transport.sent.at(index).body); }
  std::string sent_reasons() const {
    std::string all;
    for (const ApiRequest& request : transport.sent)
      if (request.method == "POST") all += std::string(text_at(*parse_json(request.body), {"reason"})) + " ";
    return all;
  }
};

BOOST_FIXTURE_TEST_SUITE(event_recorder, Fixture)

BOOST_AUTO_TEST_CASE(posts_a_whole_core_event) {
  events->record({"argoproj.io/v1alpha1", "Rollout", "shop", "web", "u1", "17"}, {true, "RolloutAborted", "it failed"});
  BOOST_TEST(transport.sent.empty());
  clock.settle();
  BOOST_REQUIRE(transport.sent.size() == 1u);
  BOOST_TEST(transport.sent[0].target == "/api/v1/namespaces/shop/events");
  BOOST_TEST(transport.sent[0].body ==
             R"({"kind":"Event","apiVersion":"v1","metadata":{"name":"web.18867251edfa0000","namespace":"shop"},)"
             R"("involvedObject":{"kind":"Rollout","namespace":"shop","name":"web","uid":"u1",)"
             R"("apiVersion":"argoproj.io/v1alpha1","resourceVersion":"17"},"reason":"RolloutAborted",)"
             R"("message":"it failed","source":{"component":"rollouts-controller"},)"
             R"("firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"2026-01-01T00:00:00Z","count":1,)"
             R"("type":"Warning","eventTime":null,"reportingComponent":"rollouts-controller","reportingInstance":""})");
}

BOOST_AUTO_TEST_CASE(events_of_one_moment_keep_their_order_and_have_different_names) {
  for (const char* reason : {"One", "Two", "Three"}) record(reason);
  clock.settle();
  BOOST_TEST(sent_reasons() == "One Two Three ");
  BOOST_TEST(text_at(sent(0), {"metadata", "name"}) != text_at(sent(1), {"metadata", "name"}));
}

BOOST_AUTO_TEST_CASE(equal_events_that_wait_become_one) {
  for (int i = 0; i < 5; ++i) record("Same");
  record("Other");
  record("Same", "another message");
  clock.settle();
  BOOST_TEST(sent_reasons() == "Same Other Same ");
  BOOST_TEST(number_at(sent(0), {"count"}) == 5);
}

BOOST_AUTO_TEST_CASE(an_equal_event_raises_the_count_of_the_posted_one) {
  record("Same");
  clock.run_for(minutes(1));
  record("Same");
  record("Same");
  clock.run_for(minutes(9));
  record("Same");
  clock.settle();
  BOOST_REQUIRE(transport.sent.size() == 3u);
  BOOST_TEST(transport.sent[1].method == "PATCH");
  BOOST_TEST(transport.sent[1].target ==
             "/api/v1/namespaces/shop/events/" + std::string(text_at(sent(0), {"metadata", "name"})));
  BOOST_TEST(transport.sent[1].body == R"({"count":3,"lastTimestamp":"2026-01-01T00:01:00Z"})");
  BOOST_TEST(transport.sent[2].body == R"({"count":4,"lastTimestamp":"2026-01-01T00:10:00Z"})");
}

BOOST_AUTO_TEST_CASE(an_event_long_after_an_equal_one_is_a_new_one) {
  record("Same");
  clock.run_for(minutes(11));
  record("Same");
  clock.settle();
  BOOST_TEST(sent_reasons() == "Same Same ");
}

BOOST_AUTO_TEST_CASE(an_event_that_the_server_has_forgotten_is_posted_anew) {
  record("Same");
  clock.settle();
  transport.on_send = [](const ApiRequest& request) {
    return request.method == "PATCH" ? refusal(404, "NotFound", "no such event") : answer(201, "{}");
  };
  record("Same");
  clock.settle();
  BOOST_TEST(sent_reasons() == "Same Same ");
  BOOST_TEST(number_at(sent(2), {"count"}) == 1);
}

BOOST_AUTO_TEST_CASE(many_different_events_of_one_object_all_arrive) {
  for (int i = 0; i < 500; ++i) record("Step", "step " + std::to_string(i));
  clock.settle();
  BOOST_TEST(transport.sent.size() == 500u);
  BOOST_TEST(events->dropped() == 0u);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_asked_again_and_the_order_is_kept) {
  transport.on_send = [](const ApiRequest&) -> Result<ApiResponse> { return Error{Fault::unavailable, "away"}; };
  record("One");
  record("Two");
  clock.run_for(seconds(10));
  BOOST_TEST(events->pending() == 2u);
  BOOST_TEST(lines.size() == 1u);
  transport.sent.clear();
  transport.on_send = [](const ApiRequest&) { return answer(201, "{}"); };
  clock.run_for(minutes(1));
  BOOST_TEST(sent_reasons() == "One Two ");
  BOOST_TEST(events->pending() == 0u);
}

BOOST_AUTO_TEST_CASE(an_event_that_is_refused_is_dropped_and_the_next_one_goes_on) {
  transport.on_send = [](const ApiRequest& request) {
    return request.body.find("\"One\"") != std::string::npos ? refusal(403, "Forbidden", "not here")
                                                             : answer(201, "{}");
  };
  record("One");
  record("Two");
  clock.settle();
  BOOST_TEST(sent_reasons() == "One Two ");
  BOOST_TEST(events->dropped() == 1u);
  BOOST_TEST(lines.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_is_replaced) {
  int posts = 0;
  transport.on_send = [&](const ApiRequest&) {
    return ++posts == 1 ? refusal(409, "AlreadyExists", "it exists") : answer(201, "{}");
  };
  record("One");
  clock.settle();
  BOOST_REQUIRE(transport.sent.size() == 2u);
  BOOST_TEST(text_at(sent(0), {"metadata", "name"}) != text_at(sent(1), {"metadata", "name"}));
  BOOST_TEST(events->dropped() == 0u);
}

BOOST_AUTO_TEST_CASE(a_full_queue_drops_the_newest_and_says_so_once) {
  limits.pending = 3;
  restart();
  transport.on_send = [](const ApiRequest&) -> Result<ApiResponse> { return Error{Fault::unavailable, "away"}; };
  for (int i = 0; i < 10; ++i) record("Step" + std::to_string(i));
  BOOST_TEST(events->pending() == 3u);
  BOOST_TEST(events->dropped() == 7u);
  BOOST_TEST(lines.size() == 1u);
  transport.on_send = [](const ApiRequest&) { return answer(201, "{}"); };
  clock.run_for(minutes(1));
  BOOST_TEST(sent_reasons().ends_with("Step0 Step1 Step2 "));
}

BOOST_AUTO_TEST_CASE(cluster_scoped_objects_have_their_events_in_default_and_long_names_are_cut) {
  events->record({"v1", "Namespace", "", std::string(253, 'n'), "u"}, {false, "One", "m"});
  clock.settle();
  BOOST_TEST(transport.sent[0].target == "/api/v1/namespaces/default/events");
  BOOST_TEST(text_at(sent(0), {"metadata", "name"}).size() == 253u);
}

net::awaitable<bool> drained(EventRecorder& events, Duration limit) {
  co_await events.drain(limit);
  co_return true;
}

BOOST_AUTO_TEST_CASE(draining_waits_for_the_last_event_but_not_for_ever) {
  record("One");
  record("Two");
  run(drained(*events, seconds(5)), Duration::zero());
  BOOST_TEST(sent_reasons() == "One Two ");
  transport.on_send = [](const ApiRequest&) -> Result<ApiResponse> { return Error{Fault::unavailable, "away"}; };
  record("Three");
  const Time start = clock.now();
  run(drained(*events, seconds(5)));
  BOOST_TEST((clock.now() - start == seconds(5)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
