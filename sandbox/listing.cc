// Lists at one version, in pages whose tokens name that version.
#include "sandbox/listing.h"

#include <charconv>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/base64.h"
#include "kube/json.h"
#include "sandbox/object_filter.h"
#include "sandbox/rendering.h"

namespace sluice::sandbox {
namespace {

// Where a list goes on: the version that it shows and the last object that was given.
struct Bookmark {
  std::uint64_t version = 0;
  kube::ObjectKey after;
};

std::string token_of(const Bookmark& bookmark) {
  const std::string text = json::serialize(json::object{
      {"v", "meta.k8s.io/v1"}, {"rv", bookmark.version}, {"ns", bookmark.after.ns}, {"start", bookmark.after.name}});
  return kube::encode_base64(text);
}

std::optional<Bookmark> bookmark_of(std::string_view token) {
  const std::optional<std::string> text = kube::decode_base64(token);
  if (!text) return std::nullopt;
  const kube::Result<json::value> value = kube::parse_json(*text);
  if (!value || !value->is_object()) return std::nullopt;
  Bookmark bookmark;
  bookmark.version = static_cast<std::uint64_t>(kube::number_at(*value, {"rv"}));
  bookmark.after = {std::string(kube::text_at(*value, {"ns"})), std::string(kube::text_at(*value, {"start"}))};
  if (bookmark.version == 0) return std::nullopt;
  return bookmark;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_unchanged_since(const Api::Store::Collection& collection, std::uint64_t version) {
  const std::uint64_t newest = collection.history.empty() ? collection.forgotten : collection.history.back().version;
  return newest <= version;
}

Refusal expired_token() {
  return expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list "
      "without the continue parameter.");
}

}  // namespace

Outcome<> check_not_future(const ApiState& state, std::string_view version) {
  if (version.empty()) return {};
  const std::optional<std::uint64_t> wanted = number_in(version);
  if (!wanted) return bad_request(fmt::format("Invalid value: {}: resource version must be a number", quoted(version)));
  if (*wanted <= state.store.version()) return {};
  Refusal refusal{504, "Timeout",
                  fmt::format("Timeout: Too large resource version: {}, current: {}", *wanted, state.store.version()),
                  true};
  refusal.causes = {{"ResourceVersionTooLarge", "Too large resource version", ""}};
  refusal.retry_after_seconds = 1;
  return refusal;
}

Outcome<kube::ApiResponse> get_object(ApiState& state, const Request& request) {
  const Outcome<> readable = check_not_future(state, request.target.option("resourceVersion"));
  if (!readable) return readable.error();
  const Api::Store::Object object = state.store.find(request.kind->storage, request.key());
  if (!object) return not_found(*request.kind, request.place.name);
  return render_object(state, request, 200, *object);
}

Outcome<kube::ApiResponse> list_objects(ApiState& state, const Request& request) {
  Outcome<ObjectFilter> filter = ObjectFilter::of(request);
  if (!filter) return filter.error();
  const std::string_view wanted = request.target.option("resourceVersion");
  const Outcome<> readable = check_not_future(state, wanted);
  if (!readable) return readable.error();

  std::uint64_t version = state.store.version();
  std::optional<kube::ObjectKey> after;
  if (const std::string_view token = request.target.option("continue"); !token.empty()) {
    const std::optional<Bookmark> bookmark = bookmark_of(token);
    if (!bookmark) return bad_request("invalid continue token: continue key is not valid");
    version = bookmark->version;
    after = bookmark->after;
  } else if (request.target.option("resourceVersionMatch") == "Exact") {
    version = number_in(wanted).value_or(version);
  }

  const Api::Store::Collection& collection = state.store.collection(request.kind->storage);
  const Api::Store::Objects* objects = &collection.objects;
  Api::Store::Objects earlier;
  if (!is_unchanged_since(collection, version)) {
    if (!state.store.objects_at(request.kind->storage, version, earlier))
      return after ? expired_token()
                   : expired(fmt::format("The resourceVersion for the provided list is too old: {}", version));
    objects = &earlier;
  }

  // How many are left is told for a list of everything only; otherwise it is enough to know that there is one more.
  const bool counted = request.target.option("labelSelector").empty() && request.target.option("fieldSelector").empty();
  const std::size_t limit = number_in(request.target.option("limit")).value_or(0);
  std::vector<Api::Store::Object> page;
  std::string token;
  std::size_t remaining = 0;
  kube::ObjectKey last;
  auto at = after ? objects->upper_bound(*after) : objects->begin();
  if (!after && !request.place.ns.empty()) at = objects->lower_bound({request.place.ns, ""});
  for (; at != objects->end(); ++at) {
    if (!request.place.ns.empty() && at->first.ns != request.place.ns) break;
    if (!filter->matches(at->first, *at->second)) continue;
    if (limit > 0 && page.size() == limit) {
      ++remaining;
      if (!counted) break;
      continue;
    }
    page.push_back(at->second);
    last = at->first;
  }
  if (remaining > 0) token = token_of({version, last});
  return render_list(state, request, page, {version, token, counted ? remaining : 0});
}

}  // namespace sluice::sandbox
