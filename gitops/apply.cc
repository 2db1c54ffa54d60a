// Making the requests that create, patch and delete objects.
#include "gitops/apply.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gitops/three_way.h"
#include "kube/json.h"
#include "kube/merge_keys.h"
#include "kube/percent_encoding.h"

namespace sluice::gitops {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

constexpr int most_attempts = 5;
constexpr std::size_t most_annotation_bytes = 262144;  // of all annotations of an object, says the API server

json::object& object_at(json::object& of, std::string_view name) {
  json::value& member = of[name];
  if (!member.is_object()) member = json::object();
  return member.get_object();
}

std::string applied_text(const json::value& desired) { return kube::print_json(desired) + "\n"; }

Applied applied(ApplyEffect effect, const ApplyRequest& request, const json::value& answer) {
  Applied result{effect, std::string(kube::text_at(answer, {"metadata", "resourceVersion"})), {}};
  if (!answer.is_object()) return result;
  const Difference left = difference(*request.desired, answer, *request.ownership, request.respected);
  result.dropped = absent_members(left.patch, answer.get_object());
  return result;
}

net::awaitable<Result<Applied>> create(kube::Client& client, ApplyRequest request, kube::ObjectKey key) {
  json::value body = *request.desired;
  object_at(object_at(body.get_object(), "metadata"), "annotations")[annotations::last_applied] =
      applied_text(*request.desired);
  kube::ApiRequest post;
  post.method = "POST";
  post.target = fmt::format("{}?fieldManager={}{}", request.resource.collection_path(kube::percent_encoded(key.ns)),
                            field_manager, request.dry_run ? "&dryRun=All" : "");
  post.content_type = "application/json";
  post.body = kube::print_json(body);
  const std::string what = fmt::format("create {} {}", request.resource.plural, key.text());
  const Result<kube::ApiResponse> response = co_await client.transport().send(std::move(post));
  if (!response) co_return Error{response.error().fault, fmt::format("{}: {}", what, response.error().message)};
  if (response->status < 200 || response->status > 299) co_return kube::error_of(*response, what);
  const Result<json::value> answer = kube::parse_json(response->body);
  if (!answer) co_return Error{Fault::internal, fmt::format("{}: {}", what, answer.error().message)};
  co_return applied(ApplyEffect::created, request, *answer);
}

net::awaitable<Result<Applied>> change(kube::Client& client, ApplyRequest request, kube::ObjectKey key) {
  Difference found = difference(*request.desired, *request.live, *request.ownership, request.respected);
  if (found.patch.empty()) co_return Applied{};
  json::object& metadata = object_at(found.patch, "metadata");
  object_at(metadata, "annotations")[annotations::last_applied] = applied_text(*request.desired);
  const bool built_in = kube::is_built_in_group(request.resource.group);
  // A patch that repeats values of the live object must not bring back values that have changed since.
  if (found.lent || !built_in)
    metadata["resourceVersion"] = kube::text_at(*request.live, {"metadata", "resourceVersion"});
  kube::Patch patch;
  patch.type = built_in ? kube::PatchType::strategic : kube::PatchType::merge;
  patch.body = kube::print_json(found.patch);
  patch.field_manager = field_manager;
  patch.dry_run = request.dry_run;
  const Result<json::value> answer = co_await client.patch(request.resource, key, std::move(patch));
  if (!answer) co_return answer.error();
  co_return applied(ApplyEffect::changed, request, *answer);
}

net::awaitable<Result<Applied>> apply_on_server(kube::Client& client, ApplyRequest request, kube::ObjectKey key) {
  json::value body = *request.desired;
  if (request.live) {
    const Difference found = difference(*request.desired, *request.live, *request.ownership, request.respected);
    if (found.patch.empty()) co_return Applied{};
    for (const IgnoreRule& rule : request.respected)
      if (applies_to(rule, id_of(body)))
        for (const std::string& pointer : rule.pointers) copy_at(body, *request.live, pointer);
    if (request.ownership->lend(body, *request.live))
      object_at(body.get_object(), "metadata")["resourceVersion"] =
          kube::text_at(*request.live, {"metadata", "resourceVersion"});
  }
  kube::Patch patch;
  patch.type = kube::PatchType::apply;
  patch.body = kube::print_json(body);
  patch.field_manager = field_manager;
  patch.force = true;
  patch.dry_run = request.dry_run;
  const Result<json::value> answer = co_await client.patch(request.resource, key, std::move(patch));
  if (!answer) co_return answer.error();
  co_return applied(request.live ? ApplyEffect::changed : ApplyEffect::created, request, *answer);
}

}  // namespace

net::awaitable<Result<Applied>> apply(kube::Client& client, ApplyRequest request) {
  const ResourceId id = id_of(*request.desired);
  const kube::ObjectKey key{id.ns, id.name};
  if (!request.server_side && kube::print_json(*request.desired).size() > most_annotation_bytes)
    co_return Error{Fault::invalid,
                    fmt::format("{} is larger than {} bytes and so cannot keep what was applied in an annotation (use "
                                "the sync option ServerSideApply=true)",
                                text_of(id), most_annotation_bytes)};
  Result<Applied> result = Applied{};
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    ApplyRequest copy = request;
    if (request.server_side)
      result = co_await apply_on_server(client, std::move(copy), key);
    else if (request.live)
      result = co_await change(client, std::move(copy), key);
    else
      result = co_await create(client, std::move(copy), key);
    const bool raced =
        !result && (result.error().fault == Fault::conflict || result.error().fault == Fault::already_exists ||
                    (result.error().fault == Fault::not_found && request.live));
    if (!raced) co_return result;
    Result<json::value> live = co_await client.get(request.resource, key);
    if (!live && live.error().fault != Fault::not_found) co_return live.error();
    request.live = live ? std::make_shared<const json::value>(std::move(*live)) : nullptr;
  }
  co_return result;
}

net::awaitable<Result<>> prune(kube::Client& client, kube::Resource resource, kube::ObjectKey key, std::string uid,
                               std::string version, PruneOrder propagation) {
  kube::DeleteOptions options;
  options.uid = std::move(uid);
  options.resource_version = std::move(version);
  switch (propagation) {
    case PruneOrder::foreground:
      options.propagation = kube::Propagation::foreground;
      break;
    case PruneOrder::background:
      options.propagation = kube::Propagation::background;
      break;
    case PruneOrder::orphan:
      options.propagation = kube::Propagation::orphan;
      break;
  }
  const Result<> removed = co_await client.remove(resource, key, std::move(options));
  if (!removed && removed.error().fault != Fault::not_found) co_return removed.error();
  co_return Result<>();
}

}  // namespace sluice::gitops
