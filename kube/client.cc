// The verbs of the Kubernetes API as requests, and its answers as values.
#include "kube/client.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "kube/percent_encoding.h"
#include "kube/watch.h"

namespace sluice::kube {
namespace {

std::string_view content_type_of(PatchType type) {
  switch (type) {
    case PatchType::json:
      return "application/json-patch+json";
    case PatchType::merge:
      return "application/merge-patch+json";
    case PatchType::strategic:
      return "application/strategic-merge-patch+json";
    case PatchType::apply:
      return "application/apply-patch+yaml";
  }
  return "application/merge-patch+json";
}

std::string_view word_for(Propagation propagation) {
  switch (propagation) {
    case Propagation::background:
      return "Background";
    case Propagation::foreground:
      return "Foreground";
    case Propagation::orphan:
      return "Orphan";
  }
  return "Background";
}

std::string collection_of(const Resource& resource, std::string_view ns) {
  return resource.collection_path(percent_encoded(ns));
}

std::string object_of(const Resource& resource, const ObjectKey& key, std::string_view subresource = {}) {
  return resource.object_path(ObjectKey{percent_encoded(key.ns), percent_encoded(key.name)}, subresource);
}

// "patch rollouts/status default/web", for the messages of errors.
std::string question(std::string_view verb, const Resource& resource, std::string_view subresource,
                     std::string_view object) {
  std::string text = fmt::format("{} {}", verb, resource.plural);
  if (!subresource.empty()) text += fmt::format("/{}", subresource);
  if (!object.empty()) text += fmt::format(" {}", object);
  return text;
}

std::string body_of(const DeleteOptions& options) {
  json::object body;
  body["kind"] = "DeleteOptions";
  body["apiVersion"] = "v1";
  if (options.grace_seconds) body["gracePeriodSeconds"] = *options.grace_seconds;
  if (!options.uid.empty() || !options.resource_version.empty()) {
    json::object& preconditions = (body["preconditions"] = json::object()).get_object();
    if (!options.uid.empty()) preconditions["uid"] = options.uid;
    if (!options.resource_version.empty()) preconditions["resourceVersion"] = options.resource_version;
  }
  if (options.propagation) body["propagationPolicy"] = word_for(*options.propagation);
  return print_json(body);
}

Error with_question(Error error, std::string_view what_was_asked) {
  error.message = fmt::format("{}: {}", what_was_asked, error.message);
  return error;
}

Result<json::value> value_of(const Result<ApiResponse>& response, std::string_view what_was_asked) {
  if (!response) return with_question(response.error(), what_was_asked);
  if (response->status < 200 || response->status > 299) return error_of(*response, what_was_asked);
  Result<json::value> value = parse_json(response->body);
  if (!value)
    return Error{Fault::internal, fmt::format("{}: the API server answered {} with a body that is {}", what_was_asked,
                                              response->status, value.error().message)};
  return value;
}

Fault fault_of(unsigned status, std::string_view reason) {
  switch (status) {
    case 401:
      return Fault::unauthorized;
    case 403:
      return Fault::forbidden;
    case 404:
      return Fault::not_found;
    case 408:
    case 504:
      return Fault::timeout;
    case 409:
      return reason == "AlreadyExists" ? Fault::already_exists : Fault::conflict;
    case 410:
      return Fault::gone;
    case 429:
      return Fault::throttled;
    default:
      break;
  }
  if (status >= 500) return Fault::unavailable;
  return status >= 400 ? Fault::invalid : Fault::internal;
}

// A server that was restored from a backup, or lags behind its peers, does not know a version that was seen before.
bool is_version_from_the_future(const json::value& status) {
  const json::value* causes = find_at(status, {"details", "causes"});
  if (!causes || !causes->is_array()) return false;
  for (const json::value& cause : causes->get_array())
    if (text_at(cause, {"reason"}) == "ResourceVersionTooLarge") return true;
  return false;
}

// The start of a body that is no Status, such as a proxy's page, on one line.
std::string excerpt(std::string_view body) {
  std::string text;
  for (const char c : body.substr(0, 200)) {
    const bool blank = static_cast<unsigned char>(c) <= ' ';
    if (!blank)
      text += c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  return text;
}

}  // namespace

Error error_of(const ApiResponse& response, std::string_view what_was_asked) {
  const Result<json::value> status = parse_json(response.body);
  if (!status || !status->is_object() || text_at(*status, {"kind"}) != "Status") {
    const std::string body = excerpt(response.body);
    return {fault_of(response.status, ""),
            body.empty() ? fmt::format("{}: HTTP status {}", what_was_asked, response.status)
                         : fmt::format("{}: HTTP status {}: {}", what_was_asked, response.status, body)};
  }
  const std::string_view reason = text_at(*status, {"reason"});
  std::string_view message = text_at(*status, {"message"});
  if (message.empty()) message = reason.empty() ? std::string_view("no reason given") : reason;
  const Fault fault = is_version_from_the_future(*status) ? Fault::gone : fault_of(response.status, reason);
  return {fault, fmt::format("{}: {}", what_was_asked, message)};
}

net::awaitable<Result<json::value>> Client::get(Resource resource, ObjectKey key) {
  ApiRequest request;
  request.method = "GET";
  request.target = object_of(resource, key);
  const Result<ApiResponse> response = co_await transport_.send(std::move(request));
  co_return value_of(response, question("get", resource, "", key.text()));
}

net::awaitable<Result<json::value>> Client::list(Resource resource, std::string ns, ListOptions options) {
  Query query;
  query.add_unless_empty("labelSelector", options.label_selector);
  query.add_unless_empty("fieldSelector", options.field_selector);
  if (options.limit > 0) query.add("limit", std::to_string(options.limit));
  query.add_unless_empty("continue", options.continue_token);
  query.add_unless_empty("resourceVersion", options.resource_version);
  ApiRequest request;
  request.method = "GET";
  request.target = collection_of(resource, ns) + query.text();
  const Result<ApiResponse> response = co_await transport_.send(std::move(request));
  co_return value_of(response, question("list", resource, "", ns));
}

net::awaitable<Result<json::value>> Client::create(Resource resource, std::string ns, std::string body) {
  ApiRequest request;
  request.method = "POST";
  request.target = collection_of(resource, ns);
  request.content_type = "application/json";
  request.body = std::move(body);
  const Result<ApiResponse> response = co_await transport_.send(std::move(request));
  co_return value_of(response, question("create", resource, "", ns));
}

net::awaitable<Result<json::value>> Client::replace(Resource resource, ObjectKey key, std::string body,
                                                    std::string subresource) {
  ApiRequest request;
  request.method = "PUT";
  request.target = object_of(resource, key, subresource);
  request.content_type = "application/json";
  request.body = std::move(body);
  const Result<ApiResponse> response = co_await transport_.send(std::move(request));
  co_return value_of(response, question("replace", resource, subresource, key.text()));
}

net::awaitable<Result<json::value>> Client::patch(Resource resource, ObjectKey key, Patch patch) {
  Query query;
  query.add_unless_empty("fieldManager", patch.field_manager);
  if (patch.force) query.add("force", "true");
  if (patch.dry_run) query.add("dryRun", "All");
  ApiRequest request;
  request.method = "PATCH";
  request.target = object_of(resource, key, patch.subresource) + query.text();
  request.content_type = content_type_of(patch.type);
  request.body = std::move(patch.body);
  const Result<ApiResponse> response = co_await transport_.send(std::move(request));
  co_return value_of(response, question("patch", resource, patch.subresource, key.text()));
}

net::awaitable<Result<>> Client::remove(Resource resource, ObjectKey key, DeleteOptions options) {
  ApiRequest request;
  request.method = "DELETE";
  request.target = object_of(resource, key);
  request.content_type = "application/json";
  request.body = body_of(options);
  const Result<ApiResponse> response = co_await transport_.send(std::move(request));
  const Result<json::value> value = value_of(response, question("delete", resource, "", key.text()));
  if (!value) co_return value.error();
  co_return Result<>{};
}

net::awaitable<Result<>> Client::evict(ObjectKey pod) {
  json::object metadata;
  metadata["name"] = pod.name;
  metadata["namespace"] = pod.ns;
  json::object body;
  body["apiVersion"] = "policy/v1";
  body["kind"] = "Eviction";
  body["metadata"] = std::move(metadata);
  ApiRequest request;
  request.method = "POST";
  request.target = object_of(resources::pods, pod, "eviction");
  request.content_type = "application/json";
  request.body = print_json(body);
  const Result<ApiResponse> response = co_await transport_.send(std::move(request));
  const Result<json::value> value = value_of(response, question("evict", resources::pods, "", pod.text()));
  if (!value) co_return value.error();
  co_return Result<>{};
}

net::awaitable<Result<std::unique_ptr<WatchStream>>> Client::watch(Resource resource, std::string ns,
                                                                   WatchOptions options) {
  Query query;
  query.add("watch", "true");
  query.add_unless_empty("labelSelector", options.label_selector);
  query.add_unless_empty("fieldSelector", options.field_selector);
  query.add_unless_empty("resourceVersion", options.resource_version);
  if (options.bookmarks) query.add("allowWatchBookmarks", "true");
  if (options.timeout_seconds) query.add("timeoutSeconds", std::to_string(*options.timeout_seconds));
  ApiRequest request;
  request.method = "GET";
  request.target = collection_of(resource, ns) + query.text();
  Result<ApiStream> stream = co_await transport_.open(std::move(request));
  const std::string asked = question("watch", resource, "", ns);
  if (!stream) co_return with_question(stream.error(), asked);
  if (stream->head.status != 200) co_return error_of(stream->head, asked);
  if (!stream->lines) co_return Error{Fault::internal, asked + ": the answer has no stream of events"};
  co_return std::make_unique<WatchStream>(std::move(stream->lines));
}

net::awaitable<Result<json::value>> Client::get_path(std::string target) {
  ApiRequest request;
  request.method = "GET";
  request.target = target;
  const Result<ApiResponse> response = co_await transport_.send(std::move(request));
  co_return value_of(response, "get " + target);
}

}  // namespace sluice::kube
