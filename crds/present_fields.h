// Walks over the fields of a spec that a user has set.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crds/canary_step.h"
#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/int_or_string.h"
#include "kube/string_map.h"
#include "kube/time.h"

namespace sluice::crds {

// Visitor for `fields`. Calls `found(kind of field, field)`, for example ("spec.steps[].pause", "spec.steps[2].pause");
// elements of a map are "plugins{}" and "plugins.name". A field counts as set when it would be written.
template <class Found>
class PresentFields {
 public:
  PresentFields(std::string kind, std::string path, Found& found)
      : kind_(std::move(kind)), path_(std::move(path)), found_(found) {}

  template <class T>
  void operator()(std::string_view name, const T& member) {
    const std::string before = path_.empty() ? std::string() : ".";
    visit(kind_ + before + std::string(name), path_ + before + std::string(name), member);
  }
  template <class T>
  void always(std::string_view name, const T& member) {
    (*this)(name, member);
  }
  template <class T>
  void required(std::string_view name, const T& member) {
    (*this)(name, member);
  }

 private:
  template <class T>
  void visit(const std::string& kind, const std::string& path, const std::optional<T>& member) {
    if (member) present(kind, path, *member);
  }
  template <class T>
  void visit(const std::string& kind, const std::string& path, const Seldom<T>& member) {
    if (member) present(kind, path, *member);
  }
  template <class T>
  void visit(const std::string& kind, const std::string& path, const std::shared_ptr<const T>& member) {
    if (member) found_(kind, path);
  }
  template <class T>
  void visit(const std::string& kind, const std::string& path, const T& member) {
    if constexpr (requires { member.empty(); }) {
      if (!member.empty()) present(kind, path, member);
    } else if constexpr (std::is_arithmetic_v<T>) {
      if (member != T{}) found_(kind, path);
    } else if (has_any(member)) {
      present(kind, path, member);
    }
  }

  // A struct that is a member by value is set when any of its members is.
  template <class T>
  static bool has_any(const T& value) {
    if constexpr (requires(PresentFields& visit) { T::fields(value, visit); }) {
      bool any = false;
      auto note = [&](const std::string&, const std::string&) { any = true; };
      PresentFields<decltype(note)> deeper({}, {}, note);
      T::fields(value, deeper);
      return any;
    } else {
      return true;
    }
  }

  template <class T>
  void present(const std::string& kind, const std::string& path, const T& value) {
    found_(kind, path);
    look_into(kind, path, value);
  }

  template <class T>
  void look_into(const std::string& kind, const std::string& path, const std::vector<T>& list) {
    for (std::size_t at = 0; at < list.size(); ++at)
      look_into(kind + "[]", path + "[" + std::to_string(at) + "]", list[at]);
  }
  void look_into(const std::string& kind, const std::string& path, const CanarySteps& steps) {
    look_into(kind, path, steps.all());
  }
  template <class T>
  void look_into(const std::string& kind, const std::string& path, const std::map<std::string, T>& map) {
    for (const auto& [name, value] : map) present(kind + "{}", path + "." + name, value);
  }
  template <class T>
  void look_into(const std::string& kind, const std::string& path, const T& value) {
    if constexpr (requires(PresentFields& visit) { T::fields(value, visit); }) {
      PresentFields deeper(kind, path, found_);
      T::fields(value, deeper);
    }
  }

  std::string kind_;
  std::string path_;
  Found& found_;
};

// Calls `found` for every field of the spec that is set; paths begin with `at`.
template <class Spec, class Found>
void for_each_present(const Spec& spec, std::string at, Found found) {
  PresentFields<Found> visit(at, at, found);
  Spec::fields(spec, visit);
}

}  // namespace sluice::crds
