// What goes wrong in a real cluster while rollouts are under way: the API server goes away, the controller is killed,
// another process takes over. Each test's rollouts end as if nothing had happened.
#include <algorithm>
#include <csignal>
#include <memory>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "test/cluster/audit_log.h"
#include "test/cluster/controller_process.h"
#include "test/cluster/expect.h"
#include "test/cluster/rollout_words.h"

namespace sluice::cluster_test {
namespace {

using kube::text_at;
namespace resources = kube::resources;
using std::chrono::seconds;

// A canary of three pods that is under way: its first step holds, and the next one begins by itself.
struct Fixture {
  World& w = world();
  Scene scene{w, w.admin, w.run(w.admin.new_namespace("faults"))};

  Fixture() { end_story_controller(); }

  std::unique_ptr<ControllerProcess> controller(const std::string& name, const std::vector<std::string>& more = {}) {
    w.run(install_permissions(w));
    std::vector<std::string> flags{"--controllers=rollouts,experiments,analysis"};
    flags.insert(flags.end(), more.begin(), more.end());
    return std::make_unique<ControllerProcess>(name, w.run(access_of_service_account(w, "sluice", "sluice")), flags);
  }
  void make_canary(const std::string& name) {
    w.run(w.admin.apply_text(fmt::format(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: {0}}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: {0}}}}}
  template:
    metadata: {{labels: {{app: {0}}}}}
    spec: {{containers: [{{name: one, image: "example/{0}:v1"}}]}}
  strategy:
    canary:
      maxSurge: 1
      maxUnavailable: 0
      steps:
        - setWeight: 34
        - pause: {{duration: 6s}}
        - setWeight: 67
        - pause: {{duration: 2s}}
)",
                                         name),
                             scene.ns));
  }
  void begin_update(const std::string& name) {
    w.run(until(scene, name, healthy_with_image("example/" + name + ":v1")));
    w.run(set_image(scene, name, "example/" + name + ":v2"));
    w.run(until(scene, name, paused_at(1)));
  }
  void until_updated(const std::string& name) {
    const json::value done = w.run(until(scene, name, healthy_with_image("example/" + name + ":v2")));
    BOOST_TEST(text_at(done, {"status", "stableRS"}) == text_at(done, {"status", "currentPodHash"}));
    // Two versions, two sets: nothing was made twice.
    BOOST_TEST(w.run(w.admin.list(resources::replica_sets, scene.ns, "app=" + name)).size() == 2U);
  }
};

BOOST_FIXTURE_TEST_SUITE(faults, Fixture)

BOOST_AUTO_TEST_CASE(a_rollout_goes_on_after_the_api_server_was_away) {
  // A Lease that outlives the restart: the process itself must ride over it.
  const auto process = controller("controller_restart",
                                  {"--leader-election-lease-duration=60s", "--leader-election-renew-deadline=50s"});
  w.run(process->until_it_leads(w));
  make_canary("web");
  begin_update("web");
  w.run(w.plane.command("kill kube-apiserver"));
  w.run(w.clock.sleep_for(seconds(1)));
  w.run(w.plane.command("start kube-apiserver"));
  // The other controllers would wait for as long again as the server was away.
  for (const char* server : {"kube-controller-manager", "kube-scheduler", "kwok"}) {
    w.run(w.plane.command(fmt::format("kill {}", server)));
    w.run(w.plane.command(fmt::format("start {}", server)));
  }
  until_updated("web");
  BOOST_TEST(process->child().is_running());
  process->child().send(SIGTERM);
  w.run(process->until_it_has_ended(w));
  BOOST_TEST(process->child().exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(a_rollout_goes_on_after_the_controller_was_killed) {
  auto process = controller("controller_killed");
  w.run(process->until_it_leads(w));
  make_canary("web");
  begin_update("web");
  process->child().kill();
  process = controller("controller_killed");
  w.run(process->until_it_leads(w));
  until_updated("web");
}

BOOST_AUTO_TEST_CASE(a_second_process_takes_over_and_the_two_never_write_at_once) {
  const auto first = controller("controller_first");
  w.run(first->until_it_leads(w));
  const auto second = controller("controller_second");
  w.run(second->until_it_says(w, "health_port"));
  make_canary("web");
  begin_update("web");
  const kube::Time killed = w.clock.now();
  first->child().kill();
  w.run(second->until_it_leads(w));
  BOOST_TEST((w.clock.now() - killed < seconds(4 + 4)), "the Lease holds for 4 s");
  until_updated("web");

  // A third one: the second ends in order, so nobody waits for its Lease.
  const auto third = controller("controller_third");
  w.run(third->until_it_says(w, "health_port"));
  w.run(w.clock.sleep_for(seconds(1)));
  const kube::Time ended = w.clock.now();
  second->child().send(SIGTERM);
  w.run(third->until_it_leads(w));
  BOOST_TEST((w.clock.now() - ended < seconds(3)));
  w.run(second->until_it_has_ended(w));
  BOOST_TEST(second->child().exit_code() == 0);
  make_canary("shop");
  w.run(until(scene, "shop", healthy_with_image("example/shop:v1")));

  // The audit log of the API server is the witness: the writes of one end before those of the next begin.
  const auto writes_of = [&](const ControllerProcess& process) {
    std::vector<AuditEvent> writes = audited(w, controller_user);
    std::erase_if(writes, [&](const AuditEvent& event) {
      return event.credential != process.access().credential_id || !event.is_write() || event.resource == "leases";
    });
    return writes;
  };
  const std::vector<AuditEvent> of_first = writes_of(*first);
  const std::vector<AuditEvent> of_second = writes_of(*second);
  const std::vector<AuditEvent> of_third = writes_of(*third);
  BOOST_REQUIRE(!of_first.empty());
  BOOST_REQUIRE(!of_second.empty());
  BOOST_REQUIRE(!of_third.empty());
  BOOST_TEST((of_first.back().received < of_second.front().received), of_first.back().text()
                                                                          << " and " << of_second.front().text());
  BOOST_TEST((of_second.back().received < of_third.front().received), of_second.back().text()
                                                                          << " and " << of_third.front().text());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
