// What the controller asked the API server for during the stories: nothing that it may not, and nothing needlessly.
#include <map>
#include <set>

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "test/cluster/audit_log.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::text_at;

// "patch argoproj.io/rollouts", as rules of RBAC grant it and as requests use it.
std::set<std::string> granted() {
  std::set<std::string> rights;
  for (const json::value& object : documents_of_file("deploy/controller.yaml")) {
    const std::string_view name = text_at(object, {"metadata", "name"});
    if (name != "sluice" && name != "sluice-leader") continue;
    const json::value* rules = find_at(object, {"rules"});
    if (!rules) continue;
    for (const json::value& rule : rules->as_array())
      for (const json::value& group : find_at(rule, {"apiGroups"})->as_array())
        for (const json::value& resource : find_at(rule, {"resources"})->as_array())
          for (const json::value& verb : find_at(rule, {"verbs"})->as_array())
            rights.insert(fmt::format("{} {}/{}", verb.as_string().c_str(), group.as_string().c_str(),
                                      resource.as_string().c_str()));
  }
  return rights;
}

BOOST_AUTO_TEST_SUITE(permissions, *boost::unit_test::depends_on("stories") * boost::unit_test::depends_on("faults"))

BOOST_AUTO_TEST_CASE(the_controller_was_never_forbidden_anything) {
  const std::vector<AuditEvent> events = audited(world(), controller_user);
  BOOST_TEST(events.size() > 100U);
  for (const AuditEvent& event : events)
    if (world().plane.was_settled_at(event.received))
      BOOST_TEST((event.code != 403 && event.code != 401), event.text());
}

BOOST_AUTO_TEST_CASE(every_right_that_is_granted_was_used) {
  std::set<std::string> unused = granted();
  for (const AuditEvent& event : audited(world(), controller_user))
    unused.erase(fmt::format("{} {}/{}", event.verb, event.group, event.resource));
  // Checked when an object with blockOwnerDeletion is made, where the server is set up to; not asked for by a request.
  unused.erase("update argoproj.io/rollouts/finalizers");
  unused.erase("update argoproj.io/experiments/finalizers");
  unused.erase("update argoproj.io/analysisruns/finalizers");
  // Only for a Job that the store does not show yet, or no more.
  unused.erase("get batch/jobs");
  // Only before a Service is given back that a Rollout has left.
  unused.erase("get argoproj.io/rollouts");
  BOOST_TEST(unused.empty(), fmt::format("never used: {}", fmt::join(unused, ", ")));
}

// Decisions come from stores; beside the first lists and the Lease, the controller reads only what it was told to read
// by a user (a Secret).
BOOST_AUTO_TEST_CASE(nothing_was_read_besides_first_lists_watches_and_the_lease) {
  std::map<std::string, int> lists;
  std::map<std::string, int> reads;
  std::set<std::string> processes;
  for (const AuditEvent& event : audited(world(), controller_user)) {
    processes.insert(event.credential);
    // A restart, or a change of role, reads the pods of its Rollout and an experiment step the pod templates of its
    // ReplicaSets, which no store keeps.
    const bool are_pods_of_one = (event.resource == "pods" || event.resource == "replicasets") && !event.ns.empty();
    // ReplicaSets are listed twice: those of Rollouts, and those that a workloadRef names.
    const bool are_referenced = event.resource == "replicasets" && event.uri.find("labelSelector") == std::string::npos;
    if (event.verb == "list" && !are_pods_of_one && !are_referenced) ++lists[event.resource];
    // Which versions of a kind are served stands in no object.
    const bool is_discovery = event.resource.empty();
    if (event.verb == "get" && !is_discovery && event.resource != "leases" && event.resource != "secrets" &&
        event.resource != "jobs" && event.resource != "rollouts")
      ++reads[event.resource];
  }
  for (const auto& [resource, count] : reads) BOOST_TEST(count == 0, count << " x get " << resource);
  // One first list for each process and kind, and one for each time that a restarted API server answered 410.
  const std::size_t most = processes.size() + world().plane.restarts();
  for (const auto& [resource, count] : lists)
    BOOST_TEST(static_cast<std::size_t>(count) <= most, count << " x list " << resource);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
