// The process itself on a real cluster: its endpoints, and its silence when nothing has to be done.
#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/http/client.h"
#include "test/cluster/audit_log.h"
#include "test/cluster/expect.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {
namespace {

using std::chrono::seconds;

kube::HttpResponse get(const std::string& url) {
  kube::HttpClient client{kube::HttpClientOptions()};
  kube::HttpRequest request;
  request.url = url;
  return needed(world().run(client.send(std::move(request))));
}

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(is_alive_and_ready_and_shows_its_metrics) {
  const ControllerProcess& controller = story_controller();
  World& w = world();
  const Scene scene{w, w.admin, w.run(w.admin.new_namespace("process"))};
  w.run(w.admin.apply_text(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example/web:v1"}]}
  strategy: {canary: {}}
)",
                           scene.ns));
  w.run(until(scene, "web", healthy_with_image("example/web:v1")));
  const std::string health = fmt::format("http://127.0.0.1:{}", controller.port("health_port"));
  BOOST_TEST(get(health + "/healthz").status == 200U);
  BOOST_TEST(get(health + "/readyz").status == 200U);
  const kube::HttpResponse metrics = get(fmt::format("http://127.0.0.1:{}/metrics", controller.port("metrics_port")));
  BOOST_TEST(metrics.status == 200U);
  const std::string about = fmt::format(R"(namespace="{}",name="web")", scene.ns);
  for (const std::string& series : {"rollout_info{" + about, "rollout_info_replicas_available{" + about + "} 1",
                                    std::string("process_resident_memory_bytes ")})
    BOOST_TEST(metrics.body.find(series) != std::string::npos, series << " is not in " << metrics.body);
}

// Whatever stories have left behind has come to rest; so has a process that found it there.
BOOST_AUTO_TEST_CASE(asks_for_nothing_but_the_lease_when_nothing_changes) {
  World& w = world();
  story_controller();
  constexpr auto silence = seconds(5);
  const kube::Time end = w.clock.now() + seconds(60);
  std::string last = "nothing";
  kube::Time last_time = w.clock.now();
  while (w.clock.now() < last_time + silence && w.clock.now() < end) {
    w.run(w.clock.sleep_for(std::chrono::milliseconds(500)));
    for (const AuditEvent& event : audited(w, controller_user)) {
      if (event.resource == "leases" || event.received <= last_time) continue;
      last_time = event.received;
      last = event.text();
    }
  }
  BOOST_TEST((w.clock.now() >= last_time + silence), "the last request is " << last);
}

// The namespace is that of its credentials when no flag names one; every controller of the process keeps to it.
BOOST_AUTO_TEST_CASE(asks_only_about_its_own_namespace_when_told_so) {
  World& w = world();
  const std::string ns = "alone";
  w.run(w.admin.apply_text("{apiVersion: v1, kind: Namespace, metadata: {name: alone}}", ""));
  w.run(w.admin.apply_text(R"(
{apiVersion: v1, kind: ServiceAccount, metadata: {name: sluice}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: sluice}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: sluice, namespace: alone}]
)",
                           ns));
  const ControllerProcess alone("namespaced", w.run(access_of_service_account(w, ns, "sluice")),
                                {"--namespaced", "--leader-elect=false"});
  const std::set<std::string> awaited{"rollouts", "analysisruns", "applications"};
  std::set<std::string> asked;
  const kube::Time end = w.clock.now() + seconds(30);
  while (!std::includes(asked.begin(), asked.end(), awaited.begin(), awaited.end()) && w.clock.now() < end) {
    w.run(w.clock.sleep_for(std::chrono::milliseconds(200)));
    for (const AuditEvent& event : audited(w, fmt::format("system:serviceaccount:{}:sluice", ns))) {
      asked.insert(event.resource);
      BOOST_TEST(event.ns == ns, event.text() << " is not about " << ns);
    }
  }
  for (const std::string& resource : awaited) BOOST_TEST(asked.contains(resource), resource);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
