// `simulate`: rehearses an update before it is made.
#include <cstdio>

#include <boost/json.hpp>

#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "kubectl/findings.h"
#include "kubectl/manifest_files.h"
#include "rehearsal/rehearse.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

double seconds_of(kube::Duration length) { return std::chrono::duration<double>(length).count(); }

std::string json_of(const rehearsal::Rehearsal& rehearsal) {
  json::array courses;
  for (const rehearsal::Course& course : rehearsal.courses) {
    json::array moments;
    for (const rehearsal::Moment& moment : course.moments)
      moments.push_back(json::object{{"seconds", seconds_of(moment.at)}, {"what", moment.what}});
    courses.push_back(json::object{{"title", course.title},
                                   {"outcome", course.outcome},
                                   {"asHoped", course.is_as_hoped},
                                   {"seconds", seconds_of(course.length)},
                                   {"cut", course.cut},
                                   {"requestsSent", course.requests_sent},
                                   {"requestsLost", course.requests_lost},
                                   {"timeline", std::move(moments)}});
  }
  json::array warnings(rehearsal.warnings.begin(), rehearsal.warnings.end());
  return kube::print_json_indented(json::object{{"rollout", rehearsal.rollout},
                                                {"asHoped", rehearsal.is_as_hoped()},
                                                {"courses", std::move(courses)},
                                                {"warnings", std::move(warnings)}}) +
         "\n";
}

// "web=example/web:v2", or "*=..." for all containers.
std::pair<std::string, std::string> image_of(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos || at == 0 || at + 1 == text.size())
    throw UsageError("--image must be CONTAINER=IMAGE, such as web=example/web:v2");
  return {text.substr(0, at), text.substr(at + 1)};
}

bool has(const std::vector<json::value>& manifests, std::string_view kind, std::string_view name) {
  for (const json::value& object : manifests)
    if (kube::text_at(object, {"kind"}) == kind && kube::text_at(object, {"metadata", "name"}) == name) return true;
  return false;
}

// The live Rollout, and of its namespace what the files do not bring themselves.
json::value add_live(Cluster& cluster, const std::string& name, std::vector<json::value>& manifests) {
  const kube::ObjectKey key{cluster.ns(), name};
  json::value live = cluster.run(cluster.client().get(kube::resources::rollouts, key));
  for (const kube::Resource& resource :
       {kube::resources::services, kube::resources::http_routes, kube::resources::analysis_templates,
        kube::resources::cluster_analysis_templates}) {
    kube::Result<std::vector<json::value>> found = kube::Error{kube::Fault::unavailable, ""};
    const auto read = [](kube::Client& client, kube::Resource kind, std::string ns,
                         kube::Result<std::vector<json::value>>& into) -> kube::net::awaitable<void> {
      into = co_await list_all(client, kind, std::move(ns), "");
    };
    cluster.run_loop(read(cluster.client(), resource, resource.namespaced ? key.ns : "", found));
    if (!found) continue;  // the rehearsal makes up what it needs, and says so
    for (json::value& object : *found) {
      object.as_object()["apiVersion"] = resource.api_version();
      object.as_object()["kind"] = resource.kind;
      if (!has(manifests, resource.kind, kube::text_at(object, {"metadata", "name"})))
        manifests.push_back(std::move(object));
    }
  }
  return live;
}

std::string rollout_in(const std::vector<json::value>& manifests) {
  for (const json::value& object : manifests)
    if (kube::text_at(object, {"kind"}) == "Rollout") return std::string(kube::text_at(object, {"metadata", "name"}));
  return "";
}

int simulate(const Call& call) {
  const std::string format = call.text("output");
  if (!format.empty() && format != "json") throw UsageError("--output must be json");
  const std::string from = call.text("from");
  if (!from.empty() && from != "cluster") throw UsageError("--from must be cluster");
  if (!call.has("filename") && call.names.empty())
    throw UsageError("say what to rehearse with -f FILE, or name a Rollout of the cluster");

  rehearsal::RehearsalOptions options;
  std::vector<json::value> manifests;
  std::vector<Finding> findings;
  if (call.has("filename"))
    for (const std::string& name : call.flags["filename"].as<std::vector<std::string>>())
      read_manifests(name, manifests, findings);
  if (!findings.empty()) throw CommandError(findings.front().object + ": " + findings.front().message);
  if (call.has("image"))
    for (const std::string& text : call.flags["image"].as<std::vector<std::string>>())
      options.images.push_back(image_of(text));
  const kube::Result<kube::Duration> patience = kube::parse_duration(call.text("promote-after"));
  if (!patience || *patience < kube::Duration::zero())
    throw UsageError("--promote-after must be a duration such as 10m");
  options.promote_after = *patience;
  const kube::Result<kube::Duration> job_takes = kube::parse_duration(call.text("job-takes"));
  if (!job_takes || *job_takes < kube::Duration::zero()) throw UsageError("--job-takes must be a duration such as 2m");
  options.job_takes = *job_takes;
  if (!from.empty() || !call.names.empty()) {
    Cluster cluster(call);
    const std::string name = call.names.empty() ? rollout_in(manifests) : call.names[0];
    if (name.empty()) throw UsageError("there is no Rollout in the files; name one of the cluster");
    options.live = add_live(cluster, name, manifests);
  }

  findings = find_mistakes(manifests);
  kube::Result<rehearsal::Rehearsal> rehearsal = rehearsal::rehearse(std::move(manifests), options);
  if (!rehearsal) throw CommandError(rehearsal.error().message);
  for (const Finding& finding : findings)
    rehearsal->warnings.push_back(finding.object + ": " + finding.field + (finding.field.empty() ? "" : ": ") +
                                  finding.message);
  std::fputs((format == "json" ? json_of(*rehearsal) : text_of(*rehearsal)).c_str(), stdout);
  if (rehearsal->is_as_hoped()) return 0;
  throw CommandError("the update does not end as it should in every course");
}

}  // namespace

void add_simulate(std::vector<Command>& commands) {
  Command command{
      {"simulate"}, {},      "-f FILE [ROLLOUT]", "rehearse an update on virtual time before it is made", {0, 1},
      {},           simulate};
  // clang-format off
  command.flags.add_options()
    ("filename,f", po::value<std::vector<std::string>>()->composing(), "manifests: the Rollout and what it refers to; may be repeated")
    ("from", po::value<std::string>(), "cluster: update the Rollout as it is in the cluster now")
    ("image", po::value<std::vector<std::string>>()->composing(), "the change: CONTAINER=IMAGE (* for all); may be repeated")
    ("promote-after", po::value<std::string>()->default_value("0s"), "how long a person lets the update wait where it pauses for one")
    ("job-takes", po::value<std::string>()->default_value("30s"), "how long the Job of an analysis takes that has no `sleep` in its command")
    ("output,o", po::value<std::string>(), "json");
  // clang-format on
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
