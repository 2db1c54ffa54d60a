// Reading the lines of the audit log.
#include "test/cluster/audit_log.h"

#include <algorithm>
#include <fstream>

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::text_at;

std::string credential_of(const json::value& line) {
  const json::value* ids = find_at(line, {"user", "extra", "authentication.kubernetes.io/credential-id"});
  if (!ids || !ids->is_array() || ids->get_array().empty()) return "";
  const std::string id(ids->get_array()[0].as_string());
  return id.starts_with("JTI=") ? id.substr(4) : id;
}

AuditEvent event_of(const json::value& line) {
  AuditEvent event;
  event.received = needed(kube::parse_time(text_at(line, {"requestReceivedTimestamp"})));
  event.user = text_at(line, {"user", "username"});
  event.credential = credential_of(line);
  event.verb = text_at(line, {"verb"});
  event.resource = text_at(line, {"objectRef", "resource"});
  if (const std::string_view sub = text_at(line, {"objectRef", "subresource"}); !sub.empty())
    event.resource += "/" + std::string(sub);
  event.group = text_at(line, {"objectRef", "apiGroup"});
  event.ns = text_at(line, {"objectRef", "namespace"});
  event.name = text_at(line, {"objectRef", "name"});
  event.uri = text_at(line, {"requestURI"});
  event.user_agent = text_at(line, {"userAgent"});
  event.code = kube::number_at(line, {"responseStatus", "code"});
  return event;
}

}  // namespace

std::string AuditEvent::text() const {
  return fmt::format("{} {} {} {}/{} -> {}", kube::format_micro_time(received), verb, resource, ns, name, code);
}

std::vector<AuditEvent> audited(World& w, const std::string& user) {
  std::ifstream file(w.plane.path("audit.jsonl"));
  std::vector<AuditEvent> events;
  for (std::string text; std::getline(file, text);) {
    // Most lines are of other users; they need not be read whole.
    if (text.find("\"" + user + "\"") == std::string::npos) continue;
    const kube::Result<json::value> line = kube::parse_json(text);
    if (!line || text_at(*line, {"user", "username"}) != user) continue;
    const bool is_watch = text_at(*line, {"verb"}) == "watch";
    // A watch has a line when it began and one when it ended; one that was refused has only the second.
    const bool began = text_at(*line, {"stage"}) == "ResponseStarted";
    const bool refused = kube::number_at(*line, {"responseStatus", "code"}) != 200;
    if (is_watch ? began || refused : !began) events.push_back(event_of(*line));
  }
  std::sort(events.begin(), events.end(),
            [](const AuditEvent& a, const AuditEvent& b) { return a.received < b.received; });
  return events;
}

}  // namespace sluice::cluster_test
