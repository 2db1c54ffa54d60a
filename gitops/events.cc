// Writing Events.
#include "gitops/events.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::gitops {

net::awaitable<void> tell(kube::Client& client, kube::Clock& clock, const kube::Log& log, kube::ObjectMeta application,
                          Notice notice) {
  namespace json = boost::json;
  const kube::Time now = clock.now();
  const std::string time = kube::format_time(now);
  // Two Events of one moment differ by their reason and what they say.
  const std::size_t text = std::hash<std::string>{}(notice.reason + notice.message);
  json::object metadata;
  metadata["name"] = fmt::format("{}.{:x}.{:08x}", application.name, now.time_since_epoch().count(), text & 0xffffffff);
  metadata["namespace"] = application.ns;
  json::object about;
  about["apiVersion"] = "argoproj.io/v1alpha1";
  about["kind"] = "Application";
  about["namespace"] = application.ns;
  about["name"] = application.name;
  about["uid"] = application.uid;
  about["resourceVersion"] = application.resource_version;
  json::object source;
  source["component"] = "argocd-application-controller";
  json::object event;
  event["apiVersion"] = "v1";
  event["kind"] = "Event";
  event["metadata"] = std::move(metadata);
  event["involvedObject"] = std::move(about);
  event["reason"] = notice.reason;
  event["message"] = notice.message.substr(0, 1024);
  event["type"] = notice.warning ? "Warning" : "Normal";
  event["source"] = std::move(source);
  event["reportingComponent"] = "argocd-application-controller";
  event["firstTimestamp"] = time;
  event["lastTimestamp"] = time;
  event["count"] = 1;
  std::string body = kube::print_json(event);
  const auto written = co_await client.create(kube::resources::events, application.ns, std::move(body));
  log.info(notice.message, {{"application", application.key().text()}, {"reason", notice.reason}});
  if (!written) log.debug("an Event was not written", {{"why", written.error().message}});
}

}  // namespace sluice::gitops
