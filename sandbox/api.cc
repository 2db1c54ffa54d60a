// The front of the API server: takes a request apart and hands it to whoever answers it.
#include "sandbox/api.h"

#include <optional>
#include <variant>

#include <boost/json.hpp>

#include "sandbox/api_state.h"
#include "sandbox/bundled_definitions.h"
#include "sandbox/definitions.h"
#include "sandbox/discovery.h"
#include "sandbox/namespaces.h"
#include "sandbox/refusal.h"
#include "sandbox/request.h"
#include "sandbox/verbs.h"
#include "sandbox/watch_lines.h"

namespace sluice::sandbox {
namespace {

kube::ApiResponse page_not_found() {
  kube::ApiResponse response;
  response.status = 404;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "404 page not found\n";
  return response;
}

// The request with its kind, or the answer that there is no such kind.
std::variant<Request, kube::ApiResponse> understand(const ApiState& state, const kube::ApiRequest& raw,
                                                    const Caller& caller) {
  Request request{raw.method,   raw.content_type,         raw.accept, raw.body, caller.user,
                  caller.agent, parse_target(raw.target), {},         {}};
  request.place = place_of(request.target.path);
  const Place& place = request.place;
  if (!place.is_resource || !state.kinds.has_version(place.group, place.version)) return page_not_found();
  request.kind = state.kinds.find(place.group, place.version, place.resource);
  const bool misplaced = request.kind && !request.kind->namespaced && !place.ns.empty();
  if (!request.kind || misplaced) return answer(unknown_resource());
  return request;
}

}  // namespace

Api::Api(kube::Clock& clock) : state_(std::make_unique<ApiState>(clock)) {
  add_builtin_kinds(state_->kinds);
  install_bundled_definitions(*state_);
  keep_definitions(*state_);
  keep_namespaces(*state_);
}

Api::~Api() = default;

kube::ApiResponse Api::handle(const kube::ApiRequest& raw, const Caller& caller) {
  if (raw.method == "GET") {
    const Target target = parse_target(raw.target);
    std::optional<kube::ApiResponse> page = serve_discovery(*state_, raw, target);
    if (page) return std::move(*page);
  }
  const auto understood = understand(*state_, raw, caller);
  if (const auto* refused = std::get_if<kube::ApiResponse>(&understood)) return *refused;
  const Outcome<kube::ApiResponse> response = serve_resource(*state_, std::get<Request>(understood));
  return response ? *response : answer(response.error());
}

kube::ApiStream Api::open(const kube::ApiRequest& raw, const Caller& caller) {
  kube::ApiStream stream;
  const auto understood = understand(*state_, raw, caller);
  const auto* request = std::get_if<Request>(&understood);
  if (!request || !is_watch(*request)) {
    stream.head = handle(raw, caller);
    return stream;
  }
  Outcome<WatchSession> session = WatchSession::of(*state_, *request);
  if (!session) {
    stream.head = answer(session.error());
    return stream;
  }
  stream.head.status = 200;
  stream.lines = make_watch_lines(*state_, *request, std::move(*session));
  return stream;
}

std::shared_ptr<const json::value> Api::find(const kube::Resource& resource, const kube::ObjectKey& key) const {
  return state_->store.find(std::string(resource.group) + "/" + std::string(resource.plural), key);
}

void Api::for_each(
    const kube::Resource& resource, std::string_view ns,
    const std::function<void(const kube::ObjectKey&, const std::shared_ptr<const json::value>&)>& visit) const {
  const auto& all = state_->store.all();
  const auto collection = all.find(std::string(resource.group) + "/" + std::string(resource.plural));
  if (collection == all.end()) return;
  const Store::Objects& objects = collection->second.objects;
  auto at = ns.empty() ? objects.begin() : objects.lower_bound({std::string(ns), ""});
  for (; at != objects.end() && (ns.empty() || at->first.ns == ns); ++at) visit(at->first, at->second);
}

void Api::listen(Listener listener) { state_->store.listen(std::move(listener)); }

std::uint64_t Api::version() const { return state_->store.version(); }

void Api::compact() { state_->store.compact(); }

Api::Store& Api::store() { return state_->store; }

}  // namespace sluice::sandbox
