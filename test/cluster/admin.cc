// Applying, reading and waiting through the ordinary client.
#include "test/cluster/admin.h"

#include <fstream>
#include <sstream>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "kube/percent_encoding.h"
#include "kube/watch.h"
#include "kube/yaml.h"
#include "test/cluster/expect.h"
#include "test/cluster/plane.h"

namespace sluice::cluster_test {
namespace {

using namespace net::experimental::awaitable_operators;
using kube::find_at;
using kube::ObjectKey;
using kube::Resource;
using kube::Result;
using kube::text_at;

constexpr auto after_a_failure = std::chrono::milliseconds(100);
constexpr auto new_namespace_limit = std::chrono::minutes(2);

std::string excerpt(const json::value& value) {
  std::string text = kube::print_json(value);
  if (text.size() > 3000) text = text.substr(0, 3000) + "...";
  return text;
}

// What a reader of a failure wants to see of an object.
json::value gist_of(const json::value& object) {
  if (const json::value* status = find_at(object, {"status"})) return *status;
  if (!object.is_object()) return object;
  json::object rest = object.get_object();
  rest.erase("metadata");
  return rest;
}

// An object that does not have yet what the condition looks at does not meet it.
bool holds(const Condition& condition, const json::value& object) {
  try {
    return condition.holds(object);
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

void throw_unmet(const kube::Error& error) {
  throw Unmet(fmt::format("{} ({})", error.message, kube::name_of(error.fault)));
}

std::vector<json::value> documents_in(const std::string& yaml) { return needed(kube::parse_yaml_documents(yaml)); }

std::vector<json::value> documents_of_file(const std::string& name) {
  std::ifstream file(source_path(name));
  expect(file.good(), "cannot read " + name);
  std::ostringstream text;
  text << file.rdbuf();
  return documents_in(text.str());
}

net::awaitable<std::string> Admin::new_namespace(std::string word) {
  const std::string name = fmt::format("{}-{}", word, ++namespaces_);
  const std::string body = fmt::format(R"({{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{}"}}}})", name);
  needed(co_await client_.create(kube::resources::namespaces, "", body));
  const Resource accounts = co_await resource_of("v1", "ServiceAccount");
  Condition there{"there", [](const json::value&) { return true; }};
  ObjectKey account{name, "default"};
  co_await until(accounts, std::move(account), std::move(there), new_namespace_limit);
  co_return name;
}

net::awaitable<Resource> Admin::resource_of(std::string api_version, std::string kind) {
  const std::string id = api_version + "/" + kind;
  if (const auto known = resources_.find(id); known != resources_.end()) co_return known->second;
  const std::size_t slash = api_version.find('/');
  const std::string root = slash == std::string::npos ? "/api/" : "/apis/";
  const json::value kinds = needed(co_await client_.get_path(root + api_version));
  for (const json::value& entry : find_at(kinds, {"resources"})->as_array()) {
    const std::string plural(text_at(entry, {"name"}));
    if (text_at(entry, {"kind"}) != kind || plural.find('/') != std::string::npos) continue;
    const std::string group = slash == std::string::npos ? "" : api_version.substr(0, slash);
    const std::string version = slash == std::string::npos ? api_version : api_version.substr(slash + 1);
    names_.push_back({group, version, kind, plural, find_at(entry, {"namespaced"})->as_bool()});
    const Named& named = names_.back();
    resources_[id] = {named.group, named.version, named.kind, named.plural, named.namespaced};
    co_return resources_[id];
  }
  throw Unmet("the API server serves no " + id);
}

net::awaitable<Result<json::value>> Admin::try_apply(json::value object, std::string ns, DryRun dry_run) {
  const Resource resource =
      co_await resource_of(std::string(text_at(object, {"apiVersion"})), std::string(text_at(object, {"kind"})));
  ObjectKey key;
  key.name = text_at(object, {"metadata", "name"});
  if (resource.namespaced) {
    key.ns = text_at(object, {"metadata", "namespace"});
    if (key.ns.empty()) key.ns = ns;
  }
  kube::ApiRequest request;
  request.method = "PATCH";
  request.target = resource.object_path(key) + "?fieldManager=test&force=true&fieldValidation=Strict";
  if (dry_run == DryRun::yes) request.target += "&dryRun=All";
  request.content_type = "application/apply-patch+yaml";
  request.body = kube::print_json(object);
  const auto response = co_await client_.transport().send(std::move(request));
  if (!response) co_return response.error();
  if (response->status >= 300) co_return kube::error_of(*response, "apply " + key.text());
  co_return kube::parse_json(response->body);
}

net::awaitable<json::value> Admin::apply(json::value object, std::string ns) {
  Result<json::value> answer = co_await try_apply(std::move(object), std::move(ns), DryRun::no);
  co_return needed(std::move(answer));
}

net::awaitable<json::value> Admin::create(json::value object, std::string ns) {
  const Resource resource =
      co_await resource_of(std::string(text_at(object, {"apiVersion"})), std::string(text_at(object, {"kind"})));
  co_return needed(co_await client_.create(resource, std::move(ns), kube::print_json(object)));
}

net::awaitable<void> Admin::apply_text(std::string yaml, std::string ns) {
  for (json::value& object : documents_in(yaml)) co_await apply(std::move(object), ns);
}

net::awaitable<void> Admin::apply_file(std::string name, std::string ns) {
  for (json::value& object : documents_of_file(name)) co_await apply(std::move(object), ns);
}

net::awaitable<void> Admin::merge(Resource resource, ObjectKey key, std::string body) {
  kube::Patch patch;
  patch.body = std::move(body);
  needed(co_await client_.patch(resource, std::move(key), std::move(patch)));
}

net::awaitable<void> Admin::remove(Resource resource, ObjectKey key) {
  needed(co_await client_.remove(resource, std::move(key), kube::DeleteOptions()));
}

net::awaitable<json::value> Admin::read(Resource resource, ObjectKey key) {
  co_return needed(co_await client_.get(resource, std::move(key)));
}

net::awaitable<std::vector<json::value>> Admin::list(Resource resource, std::string ns, std::string label_selector) {
  kube::ListOptions options;
  options.label_selector = std::move(label_selector);
  const json::value page = needed(co_await client_.list(resource, std::move(ns), std::move(options)));
  std::vector<json::value> items;
  for (const json::value& item : find_at(page, {"items"})->as_array()) items.push_back(item);
  co_return items;
}

// One watch, from the present state on; nullopt when it ended before the condition held.
net::awaitable<std::optional<json::value>> Admin::follow(Resource resource, ObjectKey key, Condition condition,
                                                         json::value& seen) {
  kube::ListOptions one;
  one.field_selector = "metadata.name=" + key.name;
  kube::WatchOptions options;
  options.field_selector = one.field_selector;
  const Result<json::value> present = co_await client_.list(resource, key.ns, std::move(one));
  if (!present) co_return std::nullopt;
  for (const json::value& item : find_at(*present, {"items"})->as_array()) {
    seen = item;
    if (holds(condition, item)) co_return item;
  }
  options.resource_version = text_at(*present, {"metadata", "resourceVersion"});
  Result<std::unique_ptr<kube::WatchStream>> stream = co_await client_.watch(resource, key.ns, std::move(options));
  if (!stream) co_return std::nullopt;
  for (;;) {
    Result<std::optional<kube::WatchEvent>> event = co_await (*stream)->next();
    if (!event || !event->has_value()) co_return std::nullopt;
    if ((*event)->type == kube::WatchType::bookmark) continue;
    seen = (*event)->object;
    if ((*event)->type != kube::WatchType::deleted && holds(condition, seen)) co_return seen;
  }
}

net::awaitable<json::value> Admin::until(Resource resource, ObjectKey key, Condition condition, kube::Duration limit) {
  const kube::Time end = clock_.now() + limit;
  json::value seen;
  while (clock_.now() < end) {
    Condition again = condition;
    auto outcome = co_await (follow(resource, key, std::move(again), seen) || clock_.sleep_until(end));
    if (outcome.index() == 0 && std::get<0>(outcome)) co_return std::move(*std::get<0>(outcome));
    co_await clock_.sleep_for(after_a_failure);
  }
  throw Unmet(fmt::format("waited {} for {} {} to be {}; last seen: {}", kube::format_duration(limit), resource.plural,
                          key.text(), condition.text, seen.is_null() ? "nothing" : excerpt(gist_of(seen))));
}

}  // namespace sluice::cluster_test
