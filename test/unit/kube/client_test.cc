// Requests as the API server expects them, and its refusals as errors that callers tell apart.
#include "kube/client.h"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/watch.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::kube {
namespace {

using test::answer;
using test::refusal;

struct Fixture : test::Loop {
  test::ScriptedTransport transport;
  Client client{transport};
  Fixture() {
    transport.on_send = [](const ApiRequest&) { return answer(200, "{}"); };
  }
  const ApiRequest& last() const { return transport.sent.back(); }
};

BOOST_FIXTURE_TEST_SUITE(client, Fixture)

BOOST_AUTO_TEST_CASE(asks_for_one_object) {
  transport.on_send = [](const ApiRequest&) { return answer(200, R"({"kind":"Rollout"})"); };
  const Result<json::value> got = run(client.get(resources::rollouts, {"default", "web"}));
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(text_at(*got, {"kind"}) == "Rollout");
  BOOST_TEST(last().method == "GET");
  BOOST_TEST(last().target == "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/web");
  BOOST_TEST(last().content_type.empty());
}

BOOST_AUTO_TEST_CASE(encodes_names_and_query_values) {
  ListOptions options;
  options.label_selector = "app in (a,b),!c";
  options.limit = 500;
  options.continue_token = "a+/=";
  run(client.list(resources::pods, "", options));
  BOOST_TEST(last().target == "/api/v1/pods?labelSelector=app%20in%20%28a%2Cb%29%2C%21c&limit=500&continue=a%2B%2F%3D");
  run(client.get(resources::namespaces, {"", "a b/../c"}));
  BOOST_TEST(last().target == "/api/v1/namespaces/a%20b%2F..%2Fc");
}

BOOST_AUTO_TEST_CASE(sends_the_four_kinds_of_patch) {
  struct Row {
    PatchType type;
    const char* content_type;
  };
  const Row rows[] = {{PatchType::json, "application/json-patch+json"},
                      {PatchType::merge, "application/merge-patch+json"},
                      {PatchType::strategic, "application/strategic-merge-patch+json"},
                      {PatchType::apply, "application/apply-patch+yaml"}};
  for (const Row& row : rows) {
    Patch patch;
    patch.type = row.type;
    patch.body = "{}";
    run(client.patch(resources::rollouts, {"a", "b"}, patch));
    BOOST_TEST(last().content_type == row.content_type);
    BOOST_TEST(last().target == "/apis/argoproj.io/v1alpha1/namespaces/a/rollouts/b");
  }
  Patch patch;
  patch.type = PatchType::apply;
  patch.subresource = "status";
  patch.field_manager = "sluice gitops";
  patch.force = true;
  patch.dry_run = true;
  run(client.patch(resources::rollouts, {"a", "b"}, patch));
  BOOST_TEST(
      last().target ==
      "/apis/argoproj.io/v1alpha1/namespaces/a/rollouts/b/status?fieldManager=sluice%20gitops&force=true&dryRun=All");
}

BOOST_AUTO_TEST_CASE(deletes_under_a_precondition) {
  DeleteOptions options;
  options.uid = "u1";
  options.resource_version = "7";
  options.propagation = Propagation::background;
  options.grace_seconds = 0;
  const Result<> removed = run(client.remove(resources::pods, {"a", "b"}, options));
  BOOST_TEST(removed.has_value());
  BOOST_TEST(last().method == "DELETE");
  BOOST_TEST(last().body == R"({"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,)"
                            R"("preconditions":{"uid":"u1","resourceVersion":"7"},"propagationPolicy":"Background"})");
}

BOOST_AUTO_TEST_CASE(creates_replaces_and_evicts) {
  run(client.create(resources::leases, "kube", "{\"a\":1}"));
  BOOST_TEST(last().method == "POST");
  BOOST_TEST(last().target == "/apis/coordination.k8s.io/v1/namespaces/kube/leases");
  BOOST_TEST(last().body == "{\"a\":1}");
  run(client.replace(resources::leases, {"kube", "x"}, "{}", ""));
  BOOST_TEST(last().method == "PUT");
  run(client.evict({"a", "b"}));
  BOOST_TEST(last().target == "/api/v1/namespaces/a/pods/b/eviction");
  BOOST_TEST(last().body == R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"b","namespace":"a"}})");
}

BOOST_AUTO_TEST_CASE(tells_refusals_apart) {
  struct Row {
    unsigned status;
    const char* reason;
    Fault fault;
  };
  const Row rows[] = {
      {400, "BadRequest", Fault::invalid},
      {401, "Unauthorized", Fault::unauthorized},
      {403, "Forbidden", Fault::forbidden},
      {404, "NotFound", Fault::not_found},
      {405, "MethodNotAllowed", Fault::invalid},
      {409, "AlreadyExists", Fault::already_exists},
      {409, "Conflict", Fault::conflict},
      {410, "Expired", Fault::gone},
      {413, "RequestEntityTooLarge", Fault::invalid},
      {422, "Invalid", Fault::invalid},
      {429, "TooManyRequests", Fault::throttled},
      {500, "InternalError", Fault::unavailable},
      {503, "ServiceUnavailable", Fault::unavailable},
      {504, "Timeout", Fault::timeout},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.status << " " << row.reason) {
      const Error error = error_of(refusal(row.status, row.reason, "it says why"), "patch rollouts a/b");
      BOOST_TEST(name_of(error.fault) == name_of(row.fault));
      BOOST_TEST(error.message == "patch rollouts a/b: it says why");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_proxys_page_is_quoted_in_one_line) {
  const Error error = error_of(answer(502, "<html>\n  <b>bad   gateway</b>\n"), "get pods a/b");
  BOOST_TEST(name_of(error.fault) == "unavailable");
  BOOST_TEST(error.message.find("get pods a/b: HTTP status 502: <html> <b>bad gateway</b>") == 0u);
  BOOST_TEST(error_of(answer(503, ""), "get pods a/b").message == "get pods a/b: HTTP status 503");
}

BOOST_AUTO_TEST_CASE(a_version_from_the_future_means_list_again) {
  const Error error =
      error_of(answer(504, R"({"kind":"Status","reason":"Timeout","code":504,"message":"Too large resource version",)"
                           R"("details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}})"),
               "watch pods");
  BOOST_TEST(name_of(error.fault) == "gone");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_json_is_an_error) {
  transport.on_send = [](const ApiRequest&) { return answer(200, "{\"a\":"); };
  const Result<json::value> got = run(client.get(resources::pods, {"a", "b"}));
  BOOST_REQUIRE(!got);
  BOOST_TEST(name_of(got.error().fault) == "internal");
}

BOOST_AUTO_TEST_CASE(a_failed_connection_keeps_its_fault_and_says_what_was_asked) {
  transport.on_send = [](const ApiRequest&) -> Result<ApiResponse> {
    return Error{Fault::timeout, "no answer in 30s"};
  };
  const Result<json::value> got = run(client.get(resources::pods, {"a", "b"}));
  BOOST_REQUIRE(!got);
  BOOST_TEST(name_of(got.error().fault) == "timeout");
  BOOST_TEST(got.error().message == "get pods a/b: no answer in 30s");
}

BOOST_AUTO_TEST_CASE(reads_the_events_of_a_watch) {
  auto script = std::make_shared<test::Script>();
  transport.on_open = [&](const ApiRequest&) { return test::stream_of(script); };
  WatchOptions options;
  options.resource_version = "5";
  options.timeout_seconds = 300;
  Result<std::unique_ptr<WatchStream>> stream = run(client.watch(resources::pods, "a", options));
  BOOST_REQUIRE(stream.has_value());
  BOOST_TEST(transport.opened.back().target ==
             "/api/v1/namespaces/a/pods?watch=true&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=300");
  script->line("");
  script->line(R"({"type":"ADDED","object":{"metadata":{"name":"x","resourceVersion":"6"}}})");
  Result<std::optional<WatchEvent>> event = run((*stream)->next());
  BOOST_REQUIRE(event.has_value());
  BOOST_TEST((*event)->resource_version == "6");
  BOOST_TEST(((*event)->type == WatchType::added));

  script->line(R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})");
  event = run((*stream)->next());
  BOOST_REQUIRE(!event);
  BOOST_TEST(name_of(event.error().fault) == "gone");
  for (const char* line : {"{\"type\":\"ADDED\",\"obj", "[]", R"({"type":"ADDED"})", R"({"type":"NEW","object":{}})",
                           R"({"type":"ADDED","object":{"metadata":{}}})"}) {
    script->line(line);
    event = run((*stream)->next());
    BOOST_REQUIRE(!event);
    BOOST_TEST(name_of(event.error().fault) == "internal");
  }
  script->end();
  event = run((*stream)->next());
  BOOST_REQUIRE(event.has_value());
  BOOST_TEST(!event->has_value());
}

BOOST_AUTO_TEST_CASE(a_refused_watch_is_an_error) {
  transport.on_open = [&](const ApiRequest&) {
    ApiStream stream;
    stream.head = refusal(403, "Forbidden", "pods is forbidden");
    return stream;
  };
  const Result<std::unique_ptr<WatchStream>> stream = run(client.watch(resources::pods, "", WatchOptions{}));
  BOOST_REQUIRE(!stream);
  BOOST_TEST(name_of(stream.error().fault) == "forbidden");
  BOOST_TEST(stream.error().message == "watch pods: pods is forbidden");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
