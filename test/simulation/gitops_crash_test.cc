// The controller dies at each of its writes, once after the other, and the next one ends in the same state.
#include <boost/test/unit_test.hpp>

#include "test/simulation/gitops_world.h"

using namespace sluice;
using namespace sluice::gitops;

namespace {

std::string config(const std::string& name, const std::string& value, const std::string& annotations = "") {
  return fmt::format(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}, annotations: {{{}}}}}\ndata: {{key: '{}'}}\n", name,
      annotations, value);
}

std::string deployment(const std::string& image) {
  return fmt::format(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: 1\n"
      "  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n"
      "    spec: {{containers: [{{name: main, image: '{}'}}]}}\n",
      image);
}

const std::string hook_job =
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: pre, annotations: {argocd.argoproj.io/hook: PreSync}}\nspec:\n"
    "  template: {spec: {restartPolicy: Never, containers: [{name: main, image: busybox, command: [sh, -c, 'exit "
    "0']}]}}\n";

// A first commit, then one that changes, adds in a later wave, prunes and runs a hook; the process dies after write
// number `die_after` of the second part. Answers how many writes there were, and -1 when it died.
struct Story {
  GitopsWorld world;
  int hooks = 0;

  int tell(int die_after) {
    world.git.commit({{"apps/app/web.yaml", deployment("web:1")},
                      {"apps/app/a.yaml", config("a", "1")},
                      {"apps/app/old.yaml", config("old", "1")}});
    world.create_application("app", "  syncPolicy: {automated: {prune: true, selfHeal: true}}\n");
    world.run(60);
    BOOST_REQUIRE(world.summary() == "Synced Healthy Succeeded");
    world.cluster.api().listen([this](const sandbox::Change& change) {
      if (change.plural == "jobs" && change.type == kube::WatchType::added) ++hooks;
    });
    int writes = 0;
    NotingTransport& transport = world.life->transport;
    transport.after = [&](const kube::ApiRequest& request) {
      if (request.method != "GET" && request.target.find("dryRun") == std::string::npos && ++writes == die_after)
        transport.cut = true;
    };
    world.git.commit({{"apps/app/web.yaml", deployment("web:2")},
                      {"apps/app/a.yaml", config("a", "2")},
                      {"apps/app/late.yaml", config("late", "1", "argocd.argoproj.io/sync-wave: '1'")},
                      {"apps/app/pre.yaml", hook_job}});
    world.run(15);
    if (transport.cut) {
      world.kill();
      world.start();
    }
    world.run(120);
    return writes;
  }
  void check_end(const std::string& when) {
    using kube::resources::config_maps;
    BOOST_TEST(world.summary() == "Synced Healthy Succeeded", when);
    BOOST_TEST(world.text(config_maps, {"web", "a"}, {"data", "key"}) == "2", when);
    BOOST_TEST(world.exists(config_maps, {"web", "late"}), when);
    BOOST_TEST(!world.exists(config_maps, {"web", "old"}), when);
    BOOST_TEST(world.text(kube::resources::deployments, {"web", "web"}, {"status", "availableReplicas"}) == "1", when);
    BOOST_TEST(hooks == 1, when << ": the hook ran " << hooks << " times");
    const json::value application = world.object(kube::resources::applications, {"argocd", "app"});
    BOOST_TEST(application.at("status").at("history").get_array().size() == 2u, when);
    world.life->transport.requests.clear();
    world.run(600);
    BOOST_TEST(world.writes().empty(), when);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(gitops_crash)

BOOST_AUTO_TEST_CASE(the_same_end_after_a_crash_at_every_write) {
  Story calm;
  const int writes = calm.tell(0);
  calm.check_end("without a crash");
  BOOST_REQUIRE(writes >= 8);
  BOOST_TEST_MESSAGE("writes: " << writes);
  for (int at = 1; at <= writes; ++at) {
    Story story;
    story.tell(at);
    story.check_end(fmt::format("after a crash at write {}", at));
  }
}

BOOST_AUTO_TEST_SUITE_END()
