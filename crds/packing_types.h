// How kube/packing_fields.h packs the types of this room. As costly to compile: include it in .cc files only.
#pragma once

#include <utility>

#include "crds/canary_step.h"
#include "crds/pod_template.h"
#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/packing_fields.h"

namespace sluice::kube {

template <class T>
struct Packing<crds::Seldom<T>> {
  static bool is_empty(const crds::Seldom<T>& value) { return !value; }
  static void write(PackedWriter& to, const crds::Seldom<T>& from) { Packing<T>::write(to, *from); }
  static void read(PackedReader& from, crds::Seldom<T>& to) { Packing<T>::read(from, to.emplace()); }
  static void clear(crds::Seldom<T>& value) { value.reset(); }
};

template <>
struct Packing<crds::Word> {
  static bool is_empty(const crds::Word& value) { return value.empty(); }
  static void write(PackedWriter& to, const crds::Word& from) { to.word(from.view()); }
  static void read(PackedReader& from, crds::Word& to) { to = crds::Word(from.text()); }
  static void clear(crds::Word& value) { value.clear(); }
};

template <>
struct Packing<crds::RawJson> {
  static bool is_empty(const crds::RawJson& value) { return value.empty(); }
  static void write(PackedWriter& to, const crds::RawJson& from) { to.text(from.text); }
  static void read(PackedReader& from, crds::RawJson& to) { to.text = from.text(); }
  static void clear(crds::RawJson& value) { value.text.clear(); }
};

template <>
struct Packing<crds::PodTemplatePointer> {
  static bool is_empty(const crds::PodTemplatePointer& value) { return !value; }
  static void write(PackedWriter& to, const crds::PodTemplatePointer& from) {
    to.text(from->text);
    to.text(from->meaning);
    to.text(from->hash);
    Packing<StringMap>::write(to, from->labels);
    Packing<StringMap>::write(to, from->annotations);
    Packing<std::vector<std::string>>::write(to, from->images);
    to.word(from->away_from);
  }
  static void read(PackedReader& from, crds::PodTemplatePointer& to) {
    auto made = std::make_shared<crds::PodTemplate>();
    made->text = from.text();
    made->meaning = from.text();
    made->hash = from.text();
    Packing<StringMap>::read(from, made->labels);
    Packing<StringMap>::read(from, made->annotations);
    Packing<std::vector<std::string>>::read(from, made->images);
    made->away_from = from.text();
    to = std::move(made);
  }
  static void clear(crds::PodTemplatePointer& value) { value.reset(); }
};

template <>
struct Packing<crds::CanarySteps> {
  static bool is_empty(const crds::CanarySteps& value) { return value.empty(); }
  static void write(PackedWriter& to, const crds::CanarySteps& from) {
    to.word(from.hash());
    Packing<std::vector<crds::CanaryStep>>::write(to, from.all());
  }
  static void read(PackedReader& from, crds::CanarySteps& to) {
    std::string hash = from.text();
    std::vector<crds::CanaryStep> steps;
    Packing<std::vector<crds::CanaryStep>>::read(from, steps);
    to = crds::CanarySteps(std::move(steps), std::move(hash));
  }
  static void clear(crds::CanarySteps& value) { value = {}; }
};

}  // namespace sluice::kube
