// Putting field errors into words.
#include "crds/field_error.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::crds {
namespace {

kube::Mistake of_kind(std::string path, std::string_view kind, std::string_view detail) {
  return {std::move(path), detail.empty() ? std::string(kind) : fmt::format("{}: {}", kind, detail)};
}

}  // namespace

kube::Mistake invalid(std::string path, std::int64_t value, std::string_view detail) {
  return {std::move(path), fmt::format("Invalid value: {}: {}", value, detail)};
}

kube::Mistake invalid(std::string path, std::string_view value, std::string_view detail) {
  return {std::move(path), fmt::format("Invalid value: \"{}\": {}", value, detail)};
}

kube::Mistake invalid(std::string path, std::string_view detail) {
  return of_kind(std::move(path), "Invalid value", detail);
}

kube::Mistake required(std::string path, std::string_view detail) {
  return of_kind(std::move(path), "Required value", detail);
}

kube::Mistake forbidden(std::string path, std::string_view detail) {
  return of_kind(std::move(path), "Forbidden", detail);
}

kube::Mistake duplicate(std::string path, std::string_view value) {
  return {std::move(path), fmt::format("Duplicate value: \"{}\"", value)};
}

kube::Mistake internal(std::string path, std::string_view detail) {
  return of_kind(std::move(path), "Internal error", detail);
}

void add(kube::Mistakes& mistakes, kube::Mistake mistake) {
  if (std::find(mistakes.begin(), mistakes.end(), mistake) == mistakes.end()) mistakes.push_back(std::move(mistake));
}

}  // namespace sluice::crds
