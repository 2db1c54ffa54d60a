// What the world does to the controllers: objects deleted under their hands, watches that break, a server that refuses.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "neighbour.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

const std::string steps = "      steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {duration: 10s}}]\n";

struct Routed : Story {
  explicit Routed(const std::string& more = steps) : Story({4, routed_canary_with(more), ""}), neighbour(world) {
    neighbour.settle();
  }
  Neighbour neighbour;

  // What is lost because a person deletes what serves is not the program's.
  void lose_by_hand() {
    world.stop_traffic();
    world.oracle().excuse("I1");
    world.oracle().excuse("I2");
  }
};

bool is_write(const kube::ApiRequest& request) {
  return request.method != "GET" && request.target.find("/events") == std::string::npos;
}

BOOST_AUTO_TEST_SUITE(bad_world)

BOOST_AUTO_TEST_CASE(a_settled_set_that_is_deleted_comes_back) {
  Routed story;
  story.begin();
  story.lose_by_hand();
  story.world.remove(resources::replica_sets, "web-" + story.hash_of("v1"));
  BOOST_TEST(story.world.until([&] { return story.size("v1") == 4; }));
  BOOST_TEST(story.until_stable("v1"));
  story.neighbour.update();
  story.release("v2");
  BOOST_TEST(story.until("Paused"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_canary_set_that_is_deleted_comes_back_without_requests_to_nobody) {
  Routed story;
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.lose_by_hand();
  story.world.remove(resources::replica_sets, "web-" + story.hash_of("v2"));
  BOOST_TEST(story.until_weight(0));
  BOOST_TEST(story.world.until([&] { return story.weight() == 25 && story.size("v2") == 1; }));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_stable_set_deleted_in_the_middle_leaves_requests_where_pods_are) {
  Routed story;
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.lose_by_hand();
  story.world.remove(resources::replica_sets, "web-" + story.hash_of("v1"));
  story.world.pass(minutes(5));
  // The template of the stable version is gone with its set, so only the new one can serve.
  BOOST_TEST(story.world.selected("web-stable") == story.hash_of("v2"));
  BOOST_TEST(story.size("v2") == 4);
  story.neighbour.update();
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_stable_set_deleted_in_the_middle_of_blue_green_waits_for_a_person) {
  Story story({2, blue_green_with("      autoPromotionEnabled: false\n"), ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.world.stop_traffic();
  for (const char* invariant : {"I1", "I2"}) story.world.oracle().excuse(invariant);
  story.world.remove(resources::replica_sets, "web-" + story.hash_of("v1"));
  story.world.pass(minutes(2));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.active() == "v2");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(an_active_service_that_is_deleted_is_taken_care_of_when_it_is_back) {
  Story story({2, blue_green_with(), ""});
  story.begin();
  story.world.stop_traffic();
  for (const char* invariant : {"I1", "I2"}) story.world.oracle().excuse(invariant);
  story.world.remove(resources::services, "web-active");
  BOOST_TEST(story.until("Degraded"));
  BOOST_TEST(story.message().find("web-active") != std::string::npos);
  story.world.apply(story.service("web-active"));
  BOOST_TEST(story.until_stable("v1"));
  BOOST_TEST(story.active() == "v1");
  story.release("v2");
  BOOST_TEST(story.until_stable("v2"));
  BOOST_TEST(story.active() == "v2");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_selector_that_somebody_else_changes_is_put_back) {
  Story story({2, blue_green_with(), ""});
  story.begin();
  story.world.stop_traffic();
  for (const char* invariant : {"I1", "I2"}) story.world.oracle().excuse(invariant);
  story.world.patch(resources::services, "web-active", R"({"spec":{"selector":{"rollouts-pod-template-hash":null}}})");
  BOOST_TEST(story.world.until([&] { return story.active() == "v1"; }));
  story.world.patch(resources::services, "web-active",
                    R"({"spec":{"selector":{"rollouts-pod-template-hash":"nobody"}}})");
  BOOST_TEST(story.world.until([&] { return story.active() == "v1"; }));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(weights_that_somebody_else_writes_are_put_back) {
  Routed story;
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.lose_by_hand();
  story.world.patch(resources::http_routes, "web",
                    R"({"spec":{"rules":[{"backendRefs":[{"name":"web-stable","port":80,"weight":0},)"
                    R"({"name":"web-canary","port":80,"weight":100}]}]}})");
  BOOST_TEST(story.until_weight(25));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_run_that_is_deleted_while_it_measures_is_made_again) {
  Routed story("      steps: [{analysis: {templates: [{templateName: check}]}}, {pause: {}}]\n");
  story.begin(job_template("check", "sleep 20; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  const std::string name(kube::text_at(story.world.list(resources::analysis_runs)[0], {"metadata", "name"}));
  story.world.remove(resources::analysis_runs, name);
  BOOST_TEST(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  BOOST_TEST(story.step() == 0);
  BOOST_TEST(story.until_step(1));
  BOOST_TEST(story.runs() == Names{"Successful"});
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_job_that_is_deleted_while_it_measures_is_no_success) {
  Routed story("      steps: [{analysis: {templates: [{templateName: check}]}}, {pause: {}}]\n");
  story.begin(job_template("check", "sleep 20; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.world.list(resources::jobs).size() == 1; }));
  story.world.remove(resources::jobs,
                     std::string(kube::text_at(story.world.list(resources::jobs)[0], {"metadata", "name"})));
  story.world.pass(minutes(5));
  BOOST_TEST(story.stable() == "v1");
  BOOST_REQUIRE(story.runs().size() >= 1u);
  BOOST_TEST(story.runs()[0] != "Running");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_deleted_rollout_takes_its_objects_with_it) {
  Routed story;
  story.begin();
  story.world.stop_traffic();
  story.world.remove(resources::rollouts, "web");
  BOOST_TEST(story.world.until([&] { return story.hash_of("v1").empty(); }));
  story.neighbour.update();
  story.world.come_to_rest();
}

// Every fifth line of every watch is spoilt for a minute, in the middle of an update.
void expect_survived(const std::function<std::string(const std::string&)>& spoil) {
  Routed story;
  story.begin();
  int lines = 0;
  const kube::Time end = story.world.clock().now() + minutes(1);
  story.world.controllers().transport().damage = [&](const std::string&,
                                                     const std::string& line) -> std::optional<std::string> {
    if (story.world.clock().now() >= end || ++lines % 5 != 0) return std::nullopt;
    return spoil(line);
  };
  story.release("v2");
  BOOST_TEST(story.until("Paused"));
  BOOST_TEST(story.weight() == 25);
  story.neighbour.update();
  BOOST_TEST(lines > 20);
  story.world.pass(minutes(2));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_watch_that_is_cut_in_the_middle_of_a_line) {
  expect_survived([](const std::string& line) { return line.substr(0, line.size() / 2); });
}

BOOST_AUTO_TEST_CASE(a_watch_whose_connection_breaks) {
  expect_survived([](const std::string&) { return ""; });
}

BOOST_AUTO_TEST_CASE(garbage_in_a_watch) {
  expect_survived([](const std::string&) { return "<html><body>502 Bad Gateway</body></html>"; });
}

BOOST_AUTO_TEST_CASE(json_in_a_watch_that_is_no_event) {
  expect_survived([](const std::string&) { return R"({"type":"SURPRISE","object":[1,2,3]})"; });
}

BOOST_AUTO_TEST_CASE(an_expired_watch_lists_again) {
  expect_survived([](const std::string&) {
    return R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})";
  });
}

// The server refuses every write for two minutes, in the middle of an update.
void expect_refusal_survived(unsigned status, const std::string& body) {
  Routed story;
  story.begin();
  const kube::Time end = story.world.clock().now() + minutes(2);
  int refused = 0;
  story.world.controllers().transport().intercept =
      [&](const kube::ApiRequest& request) -> std::optional<kube::ApiResponse> {
    if (story.world.clock().now() >= end || !is_write(request)) return std::nullopt;
    ++refused;
    kube::ApiResponse answer;
    answer.status = status;
    answer.body = body;
    return answer;
  };
  story.release("v2");
  story.world.pass(seconds(119));
  BOOST_TEST(story.size("v2") == -1);
  BOOST_TEST(story.weight() == 0);
  BOOST_TEST(refused > 2);
  // Tried again with a growing pause, not in a circle.
  BOOST_TEST(refused < 200);
  BOOST_TEST(story.until("Paused"));
  story.neighbour.update();
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(defect_24_a_server_that_fails_to_write) {
  expect_refusal_survived(
      500, R"({"kind":"Status","status":"Failure","reason":"InternalError","code":500,"message":"etcd"})");
}

BOOST_AUTO_TEST_CASE(defect_25_a_server_that_finds_nothing_is_asked_again) {
  expect_refusal_survived(404, R"({"kind":"Status","status":"Failure","reason":"NotFound","code":404})");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_too_busy) {
  expect_refusal_survived(429, R"({"kind":"Status","status":"Failure","reason":"TooManyRequests","code":429})");
}

BOOST_AUTO_TEST_CASE(a_server_that_forbids_writes) {
  expect_refusal_survived(
      403, R"({"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":"not allowed"})");
}

BOOST_AUTO_TEST_CASE(a_proxy_that_answers_html) { expect_refusal_survived(503, "<html>Service Unavailable</html>"); }

BOOST_AUTO_TEST_CASE(one_kind_that_may_not_be_written_stops_only_what_needs_it) {
  Routed story;
  story.begin();
  bool is_refused = true;
  story.world.controllers().transport().intercept =
      [&](const kube::ApiRequest& request) -> std::optional<kube::ApiResponse> {
    if (!is_refused || !is_write(request) || request.target.find("/httproutes/") == std::string::npos)
      return std::nullopt;
    kube::ApiResponse answer;
    answer.status = 403;
    answer.body =
        R"({"kind":"Status","status":"Failure","reason":"Forbidden","code":403,"message":"no routes for you"})";
    return answer;
  };
  story.release("v2");
  story.world.pass(minutes(2));
  BOOST_TEST(story.step() == 0);
  BOOST_TEST(story.weight() == 0);
  BOOST_TEST(story.has_event("TrafficRoutingError"));
  story.neighbour.update();
  is_refused = false;
  BOOST_TEST(story.until("Paused"));
  BOOST_TEST(story.weight() == 25);
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
