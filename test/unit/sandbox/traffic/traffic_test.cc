// Simulated requests on a cluster that runs.
#include "sandbox/traffic/traffic.h"

#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Shop : RunningCluster {
  Traffic traffic{api, workloads.gateway(), clock, io.get_executor()};
  const kube::ObjectKey route{"default", "httproute/shop"};
  const kube::ObjectKey service{"default", "service/web"};

  void make_set_with_hash(std::string_view name, int replicas, std::string_view annotations = "") {
    const std::string body = fmt::format(R"({{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{{"name":"{}"}},
        "spec":{{"replicas":{},"selector":{{"matchLabels":{{"rollouts-pod-template-hash":"{}"}}}},
        "template":{{"metadata":{{"labels":{{"app":"web","rollouts-pod-template-hash":"{}"}},"annotations":{{{}}}}},
        "spec":{{"containers":[{{"name":"app","image":"web:v1"}}]}}}}}}}})",
                                         name, replicas, name, name, annotations);
    const Answered made = post(path("replicasets"), body);
    BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  }
  static std::string hash_selector(std::string_view hash) {
    return fmt::format(R"("rollouts-pod-template-hash":"{}")", hash);
  }
  void make_route(int stable, int canary, std::string_view annotations = "") {
    const Answered made = post(path("httproutes"), fmt::format(R"({{"apiVersion":"gateway.networking.k8s.io/v1",
        "kind":"HTTPRoute","metadata":{{"name":"shop","annotations":{{{}}}}},"spec":{{"parentRefs":[{{"name":"gateway"}}],
        "rules":[{{"backendRefs":[{{"name":"stable","port":80,"weight":{}}},
                                  {{"name":"canary","port":80,"weight":{}}}]}}]}}}})",
                                                               annotations, stable, canary));
    BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  }
  void set_weights(int stable, int canary) {
    merge(path("httproutes", "shop"), fmt::format(R"({{"spec":{{"rules":[{{"backendRefs":[
        {{"name":"stable","port":80,"weight":{}}},{{"name":"canary","port":80,"weight":{}}}]}}]}}}})",
                                                  stable, canary));
  }
  void annotate(std::string_view plural, std::string_view name, std::string_view annotations) {
    merge(path(plural, name), fmt::format(R"({{"metadata":{{"annotations":{{{}}}}}}})", annotations));
  }
  // A blue and a green set of two ready pods, Services stable (blue) and canary (green).
  void make_shop() {
    make_set_with_hash("blue", 2);
    make_set_with_hash("green", 2);
    make_service("stable", hash_selector("blue"));
    make_service("canary", hash_selector("green"));
    run_for(seconds(4));
  }
  std::uint64_t answers(std::string_view service_name, std::string_view hash) {
    return traffic.counts().of_hash({"default", std::string(service_name)}, std::string(hash)).all();
  }
};

BOOST_FIXTURE_TEST_SUITE(traffic_stream, Shop)

BOOST_AUTO_TEST_CASE(weights_of_20_and_80_are_kept) {
  make_shop();
  make_route(80, 20, R"("sluice.dev/traffic":"1000")");
  run_for(seconds(11));
  const EntryCounts counts = traffic.counts().of_entry(route);
  BOOST_TEST(counts.sent > 10'000u);
  BOOST_TEST(counts.all_lost() == 0u);
  BOOST_TEST(counts.errors == 0u);
  const double share = static_cast<double>(answers("canary", "green")) / static_cast<double>(counts.sent);
  BOOST_TEST(share > 0.19);
  BOOST_TEST(share < 0.21);
  BOOST_TEST(answers("canary", "green") + answers("stable", "blue") == counts.sent);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_counts) {
  Shop other;
  for (Shop* shop : {static_cast<Shop*>(this), &other}) {
    shop->make_shop();
    shop->make_route(80, 20);
    shop->run_for(seconds(10));
  }
  BOOST_TEST(traffic.counts().total().sent > 400u);
  BOOST_TEST(traffic.metrics_text() == other.traffic.metrics_text());
}

BOOST_AUTO_TEST_CASE(the_rate_is_fifty_a_second_unless_an_annotation_says_otherwise) {
  make_shop();
  make_route(100, 0);
  run_for(seconds(1));
  const auto sent_in_ten_seconds = [&] {
    const std::uint64_t before = traffic.counts().of_entry(route).sent;
    run_for(seconds(10));
    return traffic.counts().of_entry(route).sent - before;
  };
  BOOST_TEST(sent_in_ten_seconds() == 500u);
  annotate("httproutes", "shop", R"("sluice.dev/traffic":"7")");
  BOOST_TEST(sent_in_ten_seconds() == 70u);
  annotate("httproutes", "shop", R"("sluice.dev/traffic":"0")");
  BOOST_TEST(sent_in_ten_seconds() == 0u);
}

BOOST_AUTO_TEST_CASE(new_weights_count_when_the_gateway_serves_them) {
  make_shop();
  make_route(100, 0);
  run_for(seconds(1));
  set_weights(0, 100);
  run_for(milliseconds(190));
  BOOST_TEST(answers("canary", "green") == 0u);
  const std::uint64_t stable = answers("stable", "blue");
  run_for(milliseconds(20));
  const std::uint64_t last = answers("stable", "blue");
  BOOST_TEST(last - stable <= 1u);
  run_for(seconds(1));
  BOOST_TEST(answers("stable", "blue") == last);
  BOOST_TEST(answers("canary", "green") >= 49u);
}

BOOST_AUTO_TEST_CASE(a_moved_selector_moves_the_traffic_when_its_slices_are_published) {
  make_shop();
  make_service("web", hash_selector("blue"));
  annotate("services", "web", R"("sluice.dev/traffic":"50")");
  run_for(seconds(2));
  BOOST_TEST(answers("web", "blue") > 0u);
  merge(path("services", "web"), R"({"spec":{"selector":{"rollouts-pod-template-hash":"green"}}})");
  run_for(milliseconds(100));
  const std::uint64_t blue = answers("web", "blue");
  run_for(seconds(2));
  BOOST_TEST(answers("web", "blue") - blue <= 1u);
  BOOST_TEST(answers("web", "green") >= 99u);
  BOOST_TEST(traffic.counts().total().all_lost() == 0u);
}

BOOST_AUTO_TEST_CASE(a_service_without_the_annotation_gets_no_requests_of_its_own) {
  make_shop();
  run_for(seconds(5));
  BOOST_TEST(traffic.counts().total().sent == 0u);
}

BOOST_AUTO_TEST_CASE(the_active_service_of_a_blue_green_rollout_gets_requests) {
  make_shop();
  const Answered made = post(path("rollouts"), R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout",
      "metadata":{"name":"shop"},"spec":{"selector":{"matchLabels":{"app":"web"}},
      "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"a","image":"b"}]}},
      "strategy":{"blueGreen":{"activeService":"stable","previewService":"canary"}}}})");
  BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  run_for(seconds(2));
  BOOST_TEST(traffic.counts().of_entry({"default", "service/stable"}).sent == 100u);
  BOOST_TEST(traffic.counts().of_entry({"default", "service/canary"}).sent == 0u);
  remove(path("rollouts", "shop"));
  run_for(seconds(2));
  BOOST_TEST(traffic.counts().of_entry({"default", "service/stable"}).sent == 100u);
}

BOOST_AUTO_TEST_CASE(requests_begin_with_the_first_endpoint_and_are_lost_without_one_later) {
  make_service("web", hash_selector("blue"));
  annotate("services", "web", R"("sluice.dev/traffic":"50")");
  run_for(seconds(5));
  BOOST_TEST(traffic.counts().of_entry(service).sent == 0u);
  make_set_with_hash("blue", 1);
  run_for(seconds(5));
  BOOST_TEST(traffic.counts().of_entry(service).sent > 100u);
  BOOST_TEST(traffic.counts().of_entry(service).all_lost() == 0u);
  merge(path("services", "web"), R"({"spec":{"selector":{"rollouts-pod-template-hash":"none"}}})");
  run_for(milliseconds(100));
  const EntryCounts before = traffic.counts().of_entry(service);
  run_for(seconds(2));
  const EntryCounts after = traffic.counts().of_entry(service);
  BOOST_TEST(after.sent - before.sent == 100u);
  BOOST_TEST(after.all_lost() - before.all_lost() == 100u);
  BOOST_TEST(after.lost[static_cast<std::size_t>(Loss::no_endpoint)] > 0u);
}

BOOST_AUTO_TEST_CASE(a_pod_that_goes_before_its_endpoint_loses_requests) {
  make_set_with_hash("blue", 1);
  make_service("web", hash_selector("blue"));
  annotate("services", "web", R"("sluice.dev/traffic":"50")");
  run_for(seconds(5));
  remove(path("pods", std::string(kube::text_at(all("pods")[0], {"metadata", "name"}))));
  run_for(milliseconds(90));
  const EntryCounts counts = traffic.counts().of_entry(service);
  BOOST_TEST(counts.lost[static_cast<std::size_t>(Loss::pod_gone)] >= 4u);
  BOOST_TEST(counts.lost[static_cast<std::size_t>(Loss::no_endpoint)] == 0u);
}

BOOST_AUTO_TEST_CASE(a_pod_that_waits_before_it_stops_loses_none_though_it_is_the_only_one) {
  make_set("replicasets", "web", 1, R"("image":"web:v1","lifecycle":{"preStop":{"exec":{"command":["sleep","3"]}}})");
  make_service("web", R"("app":"web")");
  annotate("services", "web", R"("sluice.dev/traffic":"50")");
  run_for(seconds(5));
  const std::string first(kube::text_at(all("pods")[0], {"metadata", "name"}));
  remove(path("pods", first));
  run_for(milliseconds(900));
  BOOST_TEST(ready_pods() == 0);  // the replacement starts, the old one drains
  run_for(seconds(5));
  BOOST_TEST(get(path("pods", first)).status == 404u);
  const EntryCounts counts = traffic.counts().of_entry(service);
  BOOST_TEST(counts.sent > 400u);
  BOOST_TEST(counts.all_lost() == 0u);
}

BOOST_AUTO_TEST_CASE(a_route_whose_backends_have_no_weight_loses_its_requests) {
  make_shop();
  make_route(100, 0);
  run_for(seconds(1));
  set_weights(0, 0);
  run_for(seconds(2));
  BOOST_TEST(traffic.counts().of_entry(route).lost[static_cast<std::size_t>(Loss::no_backend)] > 50u);
}

BOOST_AUTO_TEST_CASE(pods_answer_with_the_errors_and_the_latency_of_their_template) {
  make_set_with_hash("bad", 2, R"("sluice.dev/error-rate":"0.3","sluice.dev/latency":"20ms")");
  make_service("web", hash_selector("bad"));
  annotate("services", "web", R"("sluice.dev/traffic":"1000")");
  run_for(seconds(15));
  const AnswerCounts counts = traffic.counts().of_hash({"default", "web"}, "bad");
  const double share = static_cast<double>(counts.errors) / static_cast<double>(counts.all());
  BOOST_TEST(counts.all() > 10'000u);
  BOOST_TEST(share > 0.28);
  BOOST_TEST(share < 0.32);
  const std::string text = traffic.metrics_text();
  BOOST_TEST(text.find(R"(http_request_duration_seconds_bucket{namespace="default",service="web",)"
                       R"(pod_template_hash="bad",le="0.005"} 0)") != text.npos);
  BOOST_TEST(text.find(fmt::format(R"(http_request_duration_seconds_bucket{{namespace="default",service="web",)"
                                   R"(pod_template_hash="bad",le="0.05"}} {})",
                                   counts.all())) != text.npos);
}

BOOST_AUTO_TEST_CASE(the_counts_of_a_pod_are_forgotten_some_time_after_it_has_gone) {
  make_set_with_hash("blue", 1);
  make_service("web", hash_selector("blue"));
  annotate("services", "web", R"("sluice.dev/traffic":"10")");
  run_for(seconds(5));
  const std::string pod(kube::text_at(all("pods")[0], {"metadata", "name"}));
  remove(path("pods", pod));
  run_for(seconds(290));
  BOOST_TEST(traffic.metrics_text().find(pod) != std::string::npos);
  run_for(seconds(20));
  BOOST_TEST(traffic.metrics_text().find(pod) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(header_rules_get_no_plain_requests_and_further_rules_are_entries_of_their_own) {
  make_shop();
  post(path("httproutes"), R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute",
      "metadata":{"name":"shop"},"spec":{"parentRefs":[{"name":"gateway"}],"rules":[
      {"backendRefs":[{"name":"stable","port":80}]},
      {"matches":[{"headers":[{"name":"X-Beta","value":"1"}]}],"backendRefs":[{"name":"canary","port":80}]},
      {"matches":[{"path":{"type":"PathPrefix","value":"/api"}}],"backendRefs":[{"name":"stable","port":80}]}]}})");
  run_for(seconds(5));
  BOOST_TEST(answers("canary", "green") == 0u);
  BOOST_TEST(traffic.counts().of_entry({"default", "httproute/shop/2"}).sent > 200u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
