// The client's verbs against a real API server.
#include "kube/client.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/watch.h"
#include "test/cluster/expect.h"
#include "test/cluster/world.h"

namespace sluice::cluster_test {
namespace {

using kube::Fault;
using kube::find_at;
using kube::number_at;
using kube::ObjectKey;
using kube::PatchType;
using kube::Result;
using kube::text_at;
using kube::resources::config_maps;
using kube::resources::deployments;
using kube::resources::pods;
using kube::resources::rollouts;
using std::chrono::seconds;

std::string config_map(const std::string& name, const std::string& value) {
  return fmt::format(R"({{"metadata":{{"name":"{}","labels":{{"of":"test"}}}},"data":{{"key":"{}"}}}})", name, value);
}

kube::Patch patch_of(PatchType type, std::string body) {
  kube::Patch patch;
  patch.type = type;
  patch.body = std::move(body);
  return patch;
}

struct Fixture {
  kube::Client& client = world().client;
  Admin& admin = world().admin;
  std::string ns = world().run(admin.new_namespace("client"));

  template <class T>
  Result<T> ask(net::awaitable<Result<T>> work) {
    return world().run(std::move(work));
  }
  json::value get(const kube::Resource& resource, const std::string& name) {
    return needed(ask(client.get(resource, {ns, name})));
  }
  Result<json::value> patch(const kube::Resource& resource, const std::string& name, kube::Patch change) {
    return ask(client.patch(resource, {ns, name}, std::move(change)));
  }
};

BOOST_FIXTURE_TEST_SUITE(client, Fixture)

BOOST_AUTO_TEST_CASE(creates_reads_replaces_and_deletes) {
  const json::value made = needed(ask(client.create(config_maps, ns, config_map("a", "1"))));
  const Result<json::value> again = ask(client.create(config_maps, ns, config_map("a", "1")));
  BOOST_TEST((again.has_error() && again.error().fault == Fault::already_exists));
  BOOST_TEST(text_at(get(config_maps, "a"), {"data", "key"}) == "1");

  json::value changed = made;
  changed.as_object()["data"].as_object()["key"] = "2";
  const json::value replaced = needed(ask(client.replace(config_maps, {ns, "a"}, kube::print_json(changed), "")));
  BOOST_TEST(text_at(replaced, {"data", "key"}) == "2");
  const Result<json::value> stale = ask(client.replace(config_maps, {ns, "a"}, kube::print_json(changed), ""));
  BOOST_TEST((stale.has_error() && stale.error().fault == Fault::conflict));

  kube::DeleteOptions other;
  other.uid = "00000000-0000-0000-0000-000000000000";
  const Result<> refused = ask(client.remove(config_maps, {ns, "a"}, other));
  BOOST_TEST((refused.has_error() && refused.error().fault == Fault::conflict));
  kube::DeleteOptions same;
  same.uid = text_at(made, {"metadata", "uid"});
  same.resource_version = text_at(replaced, {"metadata", "resourceVersion"});
  BOOST_TEST(ask(client.remove(config_maps, {ns, "a"}, same)).has_value());
  const Result<json::value> gone = ask(client.get(config_maps, {ns, "a"}));
  BOOST_TEST((gone.has_error() && gone.error().fault == Fault::not_found));
}

BOOST_AUTO_TEST_CASE(patches_in_all_four_ways) {
  world().run(admin.apply_text(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: one, image: one:1}
        - {name: two, image: two:1}
)",
                               ns));
  const auto images = [&] {
    std::string text;
    const json::value now = get(deployments, "web");
    for (const json::value& container : find_at(now, {"spec", "template", "spec", "containers"})->as_array())
      text += std::string(text_at(container, {"image"})) + " ";
    return text;
  };
  BOOST_TEST(patch(deployments, "web", patch_of(PatchType::strategic, R"({"spec":{"template":{"spec":{"containers":[
    {"name":"two","image":"two:2"}]}}}})"))
                 .has_value());
  BOOST_TEST(images() == "one:1 two:2 ");

  BOOST_TEST(patch(deployments, "web", patch_of(PatchType::json, R"([
    {"op":"test","path":"/spec/template/spec/containers/0/image","value":"one:1"},
    {"op":"replace","path":"/spec/template/spec/containers/0/image","value":"one:2"}])"))
                 .has_value());
  BOOST_TEST(images() == "one:2 two:2 ");
  const Result<json::value> untrue = patch(deployments, "web", patch_of(PatchType::json, R"([
    {"op":"test","path":"/spec/template/spec/containers/0/image","value":"one:1"}])"));
  BOOST_TEST((untrue.has_error() && untrue.error().fault == Fault::invalid));

  BOOST_TEST(patch(deployments, "web", patch_of(PatchType::merge, R"({"spec":{"template":{"spec":{"containers":[
    {"name":"three","image":"three:1"}]}}}})"))
                 .has_value());
  BOOST_TEST(images() == "three:1 ");
  const Result<json::value> stale = patch(
      deployments, "web", patch_of(PatchType::merge, R"({"metadata":{"resourceVersion":"1"},"spec":{"replicas":1}})"));
  BOOST_TEST((stale.has_error() && stale.error().fault == Fault::conflict));

  kube::Patch apply = patch_of(PatchType::apply, fmt::format(R"({{"apiVersion":"apps/v1","kind":"Deployment",
    "metadata":{{"name":"web","namespace":"{}"}},"spec":{{"replicas":1}}}})",
                                                             ns));
  apply.field_manager = "somebody";
  const Result<json::value> owned = patch(deployments, "web", apply);
  BOOST_REQUIRE(owned.has_error());
  BOOST_TEST((owned.error().fault == Fault::conflict));
  BOOST_TEST(owned.error().message.find(R"("test")") != std::string::npos, owned.error().message);
  apply.force = true;
  apply.dry_run = true;
  BOOST_TEST(patch(deployments, "web", apply).has_value());
  BOOST_TEST(number_at(get(deployments, "web"), {"spec", "replicas"}) == 0);
  apply.dry_run = false;
  BOOST_TEST(patch(deployments, "web", apply).has_value());
  BOOST_TEST(number_at(get(deployments, "web"), {"spec", "replicas"}) == 1);
}

BOOST_AUTO_TEST_CASE(writes_status_and_scale_apart_from_the_spec) {
  // Of another controller's instance, so that the one that serves the stories leaves the status alone.
  json::value rollout = documents_of_file("examples/canary-basic/rollout.yaml").front();
  rollout.as_object()["metadata"].as_object()["labels"] = {
      {"argo-rollouts.argoproj.io/controller-instance-id", "nobody"}};
  world().run(admin.apply(rollout, ns));
  kube::Patch status =
      patch_of(PatchType::merge, R"({"spec":{"replicas":99},"status":{"phase":"Healthy","HPAReplicas":7,
                                                     "selector":"app=web"}})");
  status.subresource = "status";
  const json::value written = needed(patch(rollouts, "web", status));
  BOOST_TEST(text_at(written, {"status", "phase"}) == "Healthy");
  BOOST_TEST(number_at(written, {"spec", "replicas"}) == 10);
  BOOST_TEST(number_at(written, {"metadata", "generation"}) == 1);

  kube::Patch scale = patch_of(PatchType::merge, R"({"spec":{"replicas":3}})");
  scale.subresource = "scale";
  const json::value scaled = needed(patch(rollouts, "web", scale));
  BOOST_TEST(text_at(scaled, {"kind"}) == "Scale");
  BOOST_TEST(number_at(scaled, {"status", "replicas"}) == 7);
  BOOST_TEST(text_at(scaled, {"status", "selector"}) == "app=web");
  const json::value after = get(rollouts, "web");
  BOOST_TEST(number_at(after, {"spec", "replicas"}) == 3);
  BOOST_TEST(number_at(after, {"metadata", "generation"}) == 2);
  BOOST_TEST(text_at(after, {"status", "phase"}) == "Healthy");
}

BOOST_AUTO_TEST_CASE(lists_in_pages_and_by_selectors) {
  for (const char* name : {"a", "b", "c", "d", "e"}) needed(ask(client.create(config_maps, ns, config_map(name, "1"))));
  kube::ListOptions options;
  options.label_selector = "of=test";
  options.limit = 2;
  std::string names;
  int pages = 0;
  do {
    const json::value page = needed(ask(client.list(config_maps, ns, options)));
    for (const json::value& item : find_at(page, {"items"})->as_array()) names += text_at(item, {"metadata", "name"});
    options.continue_token = text_at(page, {"metadata", "continue"});
    ++pages;
  } while (!options.continue_token.empty() && pages < 9);
  BOOST_TEST(names == "abcde");
  BOOST_TEST(pages == 3);

  kube::ListOptions one;
  one.field_selector = "metadata.name=c";
  const json::value found = needed(ask(client.list(config_maps, ns, one)));
  BOOST_TEST(find_at(found, {"items"})->as_array().size() == 1U);
}

BOOST_AUTO_TEST_CASE(watches_until_the_server_ends_it_with_bookmarks) {
  const json::value list = needed(ask(client.list(config_maps, ns, {})));
  kube::WatchOptions options;
  options.resource_version = text_at(list, {"metadata", "resourceVersion"});
  options.label_selector = "of=test";
  options.timeout_seconds = 3;
  const auto stream = needed(ask(client.watch(config_maps, ns, options)));
  needed(ask(client.create(config_maps, ns, config_map("a", "1"))));
  needed(patch(config_maps, "a", patch_of(PatchType::merge, R"({"data":{"key":"2"}})")));
  needed(patch(config_maps, "a", patch_of(PatchType::merge, R"({"metadata":{"labels":{"of":null}}})")));
  std::vector<std::pair<kube::WatchType, std::string>> seen;
  std::string last_version;
  for (;;) {
    const auto event = needed(ask(stream->next()));
    if (!event) break;
    seen.emplace_back(event->type, text_at(event->object, {"data", "key"}));
    last_version = event->resource_version;
  }
  BOOST_REQUIRE(seen.size() >= 4U);
  BOOST_TEST((seen[0] == std::pair(kube::WatchType::added, std::string("1"))));
  BOOST_TEST((seen[1] == std::pair(kube::WatchType::modified, std::string("2"))));
  BOOST_TEST((seen[2].first == kube::WatchType::deleted));  // it no longer matches the selector
  BOOST_TEST((seen.back().first == kube::WatchType::bookmark));

  // Going on from the bookmark shows what came after it, once.
  needed(ask(client.create(config_maps, ns, config_map("b", "1"))));
  options.resource_version = last_version;
  const auto resumed = needed(ask(client.watch(config_maps, ns, options)));
  const auto event = needed(ask(resumed->next()));
  BOOST_REQUIRE(event.has_value());
  BOOST_TEST((event->type == kube::WatchType::added));
  BOOST_TEST(text_at(event->object, {"metadata", "name"}) == "b");
}

BOOST_AUTO_TEST_CASE(evicts_a_pod_as_soon_as_its_budget_allows_it) {
  world().run(admin.apply_text(R"(
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: one, image: one:1}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec:
  minAvailable: 2
  selector: {matchLabels: {app: web}}
)",
                               ns));
  const Condition ready{"ready",
                        [](const json::value& set) { return number_at(set, {"status", "readyReplicas"}) == 2; }};
  world().run(admin.until(kube::resources::replica_sets, {ns, "web"}, ready, seconds(30)));
  const kube::Resource budgets = world().run(admin.resource_of("policy/v1", "PodDisruptionBudget"));
  const auto allows = [](int count) {
    return Condition{fmt::format("allowing {}", count), [count](const json::value& budget) {
                       return number_at(budget, {"status", "currentHealthy"}) == 2 &&
                              number_at(budget, {"status", "disruptionsAllowed"}) == count;
                     }};
  };
  world().run(admin.until(budgets, {ns, "web"}, allows(0), seconds(30)));
  const auto found = world().run(admin.list(pods, ns, "app=web"));
  const ObjectKey pod{ns, std::string(text_at(found.at(0), {"metadata", "name"}))};

  const Result<> forbidden = ask(client.evict(pod));
  BOOST_REQUIRE(forbidden.has_error());
  BOOST_TEST((forbidden.error().fault == Fault::throttled), forbidden.error().message);
  BOOST_TEST(forbidden.error().message.find("disruption budget") != std::string::npos, forbidden.error().message);

  needed(ask(client.patch(budgets, {ns, "web"}, patch_of(PatchType::merge, R"({"spec":{"minAvailable":1}})"))));
  world().run(admin.until(budgets, {ns, "web"}, allows(1), seconds(30)));
  BOOST_TEST(ask(client.evict(pod)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
