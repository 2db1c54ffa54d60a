// How kube/fields.h reads and writes the types of this room. As costly to compile: include it in .cc files only.
#pragma once

#include <utility>

#include "crds/canary_step.h"
#include "crds/pod_template.h"
#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/fields.h"
#include "kube/metadata.h"

namespace sluice::crds {

// Takes out of the metadata what nobody reads; it is often larger than the rest of the object.
inline void drop_unused(kube::ObjectMeta& meta) {
  meta.annotations.erase("kubectl.kubernetes.io/last-applied-configuration");
  meta.annotations.shrink_to_fit();
}

// The whole object as T, with its metadata cut down to what decisions read.
template <class T>
std::shared_ptr<T> read_object(const json::value& object, kube::Mistakes& mistakes) {
  auto to = std::make_shared<T>();
  kube::Convert<T>::read(object, *to, mistakes, kube::JsonPath{});
  drop_unused(to->meta);
  return to;
}

// The same object with apiVersion and kind before its other members.
inline json::value with_kind(std::string_view api_version, std::string_view kind, const json::value& object) {
  json::object to;
  to["apiVersion"] = api_version;
  to["kind"] = kind;
  for (const auto& member : object.get_object()) to[member.key()] = member.value();
  return json::value(std::move(to));
}

}  // namespace sluice::crds

namespace sluice::kube {

template <class T>
struct Convert<crds::Seldom<T>> {
  static void read(const json::value& from, crds::Seldom<T>& to, Mistakes& mistakes, const JsonPath& path) {
    Convert<T>::read(from, to.emplace(), mistakes, path);
  }
  static json::value write(const crds::Seldom<T>& from) { return from ? Convert<T>::write(*from) : json::value(); }
  static bool is_empty(const crds::Seldom<T>& from) { return !from.has_value(); }
};

template <>
struct Convert<crds::Word> {
  static void read(const json::value& from, crds::Word& to, Mistakes& mistakes, const JsonPath& path) {
    if (from.is_string())
      to = crds::Word(std::string_view(from.get_string()));
    else
      mistakes.push_back({path.text(), "must be a string"});
  }
  static json::value write(const crds::Word& from) { return json::value(from.view()); }
  static bool is_empty(const crds::Word& from) { return from.empty(); }
};

template <>
struct Convert<crds::RawJson> {
  static void read(const json::value& from, crds::RawJson& to, Mistakes&, const JsonPath&) {
    to.text = print_json(from);
  }
  static json::value write(const crds::RawJson& from) {
    Result<json::value> value = parse_json(from.text);
    return value ? std::move(*value) : json::value();
  }
  static bool is_empty(const crds::RawJson& from) { return from.empty(); }
};

template <>
struct Convert<crds::PodTemplatePointer> {
  static void read(const json::value& from, crds::PodTemplatePointer& to, Mistakes& mistakes, const JsonPath& path) {
    to = crds::make_pod_template(from);
    if (!to) mistakes.push_back({path.text(), "must be an object"});
  }
  static json::value write(const crds::PodTemplatePointer& from) { return from ? crds::to_json(*from) : json::value(); }
  static bool is_empty(const crds::PodTemplatePointer& from) { return !from; }
};

template <>
struct Convert<crds::CanarySteps> {
  static void read(const json::value& from, crds::CanarySteps& to, Mistakes& mistakes, const JsonPath& path) {
    std::vector<crds::CanaryStep> steps;
    Convert<std::vector<crds::CanaryStep>>::read(from, steps, mistakes, path);
    to = crds::CanarySteps(std::move(steps));
  }
  static json::value write(const crds::CanarySteps& from) {
    return Convert<std::vector<crds::CanaryStep>>::write(from.all());
  }
  static bool is_empty(const crds::CanarySteps& from) { return from.empty(); }
};

}  // namespace sluice::kube
