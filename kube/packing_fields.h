// How each type is packed. Costly to compile: include it in .cc files only.
#pragma once

#include <bit>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

#include <boost/json/value.hpp>

#include "kube/int_or_string.h"
#include "kube/json.h"
#include "kube/metadata.h"
#include "kube/packed_bytes.h"
#include "kube/packing.h"
#include "kube/string_map.h"
#include "kube/time.h"

namespace sluice::kube {

// is_empty(value): nothing is written for it as a member; clear() restores exactly such a value.
// Specialised for leaves here, for structs with `fields` by the primary template; a room may specialise it.
template <class T>
struct Packing;

// The visitor that writes a struct: for each member that is not empty its distance from the one before, and itself.
class FieldPacker {
 public:
  explicit FieldPacker(PackedWriter& to) : to_(to) {}
  template <class T>
  void operator()(std::string_view, const T& member) {
    ++index_;
    if (Packing<T>::is_empty(member)) return;
    const std::size_t before = to_.size();
    to_.number(index_ - last_);
    const std::size_t body = to_.size();
    Packing<T>::write(to_, member);
    // A struct by value in which every member is empty.
    const bool has_fields = requires { T::fields(member, *this); };
    if (has_fields && to_.size() == body + 1)
      to_.cut(before);
    else
      last_ = index_;
  }
  void always(std::string_view name, const auto& member) { (*this)(name, member); }
  void required(std::string_view name, const auto& member) { (*this)(name, member); }
  void end() { to_.number(0); }

 private:
  PackedWriter& to_;
  unsigned index_ = 0;
  unsigned last_ = 0;
};

class FieldUnpacker {
 public:
  explicit FieldUnpacker(PackedReader& from) : from_(from) { find_next(); }
  template <class T>
  void operator()(std::string_view, T& member) {
    if (++index_ != next_) return Packing<T>::clear(member);
    Packing<T>::read(from_, member);
    find_next();
  }
  void always(std::string_view name, auto& member) { (*this)(name, member); }
  void required(std::string_view name, auto& member) { (*this)(name, member); }

 private:
  // 0 when there is no further one.
  void find_next() {
    const auto distance = static_cast<unsigned>(from_.number());
    next_ = distance == 0 ? 0 : index_ + distance;
  }

  PackedReader& from_;
  unsigned index_ = 0;
  unsigned next_ = 0;
};

template <class T>
struct Packing {
  static bool is_empty(const T&) { return false; }
  static void write(PackedWriter& to, const T& from) {
    FieldPacker visit(to);
    T::fields(from, visit);
    visit.end();
  }
  static void read(PackedReader& from, T& to) {
    FieldUnpacker visit(from);
    T::fields(to, visit);
  }
  static void clear(T& value) {
    PackedReader nothing(std::string_view("\0", 1));
    read(nothing, value);
  }
};

template <class T>
  requires std::is_integral_v<T>
struct Packing<T> {
  static bool is_empty(T value) { return value == 0; }
  static void write(PackedWriter& to, T from) { to.signed_number(static_cast<std::int64_t>(from)); }
  static void read(PackedReader& from, T& to) { to = static_cast<T>(from.signed_number()); }
  static void clear(T& value) { value = 0; }
};

template <>
struct Packing<double> {
  static bool is_empty(double value) { return std::bit_cast<std::uint64_t>(value) == 0; }
  static void write(PackedWriter& to, double from) { to.number(std::bit_cast<std::uint64_t>(from)); }
  static void read(PackedReader& from, double& to) { to = std::bit_cast<double>(from.number()); }
  static void clear(double& value) { value = 0; }
};

template <>
struct Packing<std::string> {
  static bool is_empty(const std::string& value) { return value.empty(); }
  static void write(PackedWriter& to, const std::string& from) { to.text(from); }
  static void read(PackedReader& from, std::string& to) { to = from.text(); }
  static void clear(std::string& value) { value.clear(); }
};

// Most times have whole seconds.
template <>
struct Packing<Time> {
  static constexpr std::int64_t second = 1'000'000;
  static bool is_empty(Time value) { return value == Time{}; }
  static void write(PackedWriter& to, Time from) {
    const std::int64_t count = from.time_since_epoch().count();
    to.signed_number(count % second == 0 ? count / second * 2 : count * 2 + 1);
  }
  static void read(PackedReader& from, Time& to) {
    const std::int64_t coded = from.signed_number();
    to = Time(Duration(coded % 2 == 0 ? coded / 2 * second : (coded - 1) / 2));
  }
  static void clear(Time& value) { value = Time{}; }
};

template <>
struct Packing<IntOrString> {
  static bool is_empty(const IntOrString&) { return false; }
  static void write(PackedWriter& to, const IntOrString& from) {
    to.number(from.is_int() ? 0 : 1);
    if (from.is_int())
      to.signed_number(std::get<0>(from.value));
    else
      to.text(std::get<1>(from.value));
  }
  static void read(PackedReader& from, IntOrString& to) {
    if (from.number() == 0)
      to.value = from.signed_number();
    else
      to.value = from.text();
  }
  static void clear(IntOrString&) {}
};

template <>
struct Packing<json::value> {
  static bool is_empty(const json::value& value) { return value.is_null(); }
  static void write(PackedWriter& to, const json::value& from) { to.text(print_json(from)); }
  static void read(PackedReader& from, json::value& to) {
    if (Result<json::value> value = parse_json(from.text())) to = std::move(*value);
  }
  static void clear(json::value& value) { value = nullptr; }
};

template <>
struct Packing<StringMap> {
  static bool is_empty(const StringMap& value) { return value.empty(); }
  static void write(PackedWriter& to, const StringMap& from) {
    to.number(from.size());
    for (const auto& [key, value] : from) {
      to.word(key);
      to.text(value);
    }
  }
  static void read(PackedReader& from, StringMap& to) {
    to = StringMap();
    for (std::uint64_t left = from.number(); left > 0; --left) {
      const std::string key = from.text();
      to.set(key, from.text());
    }
  }
  static void clear(StringMap& value) { value = StringMap(); }
};

template <class T>
struct Packing<std::optional<T>> {
  static bool is_empty(const std::optional<T>& value) { return !value; }
  static void write(PackedWriter& to, const std::optional<T>& from) { Packing<T>::write(to, *from); }
  static void read(PackedReader& from, std::optional<T>& to) { Packing<T>::read(from, to.emplace()); }
  static void clear(std::optional<T>& value) { value.reset(); }
};

template <class T>
struct Packing<std::shared_ptr<const T>> {
  static bool is_empty(const std::shared_ptr<const T>& value) { return !value; }
  static void write(PackedWriter& to, const std::shared_ptr<const T>& from) { Packing<T>::write(to, *from); }
  static void read(PackedReader& from, std::shared_ptr<const T>& to) {
    auto made = std::make_shared<T>();
    Packing<T>::read(from, *made);
    to = std::move(made);
  }
  static void clear(std::shared_ptr<const T>& value) { value.reset(); }
};

template <class T>
struct Packing<std::vector<T>> {
  static bool is_empty(const std::vector<T>& value) { return value.empty(); }
  static void write(PackedWriter& to, const std::vector<T>& from) {
    to.number(from.size());
    for (const T& item : from) Packing<T>::write(to, item);
  }
  static void read(PackedReader& from, std::vector<T>& to) {
    to.clear();
    to.resize(from.number());
    for (T& item : to) Packing<T>::read(from, item);
  }
  static void clear(std::vector<T>& value) { value.clear(); }
};

template <class T>
struct Packing<std::map<std::string, T>> {
  static bool is_empty(const std::map<std::string, T>& value) { return value.empty(); }
  static void write(PackedWriter& to, const std::map<std::string, T>& from) {
    to.number(from.size());
    for (const auto& [key, value] : from) {
      to.word(key);
      Packing<T>::write(to, value);
    }
  }
  static void read(PackedReader& from, std::map<std::string, T>& to) {
    to.clear();
    for (std::uint64_t left = from.number(); left > 0; --left) {
      const std::string key = from.text();
      Packing<T>::read(from, to[key]);
    }
  }
  static void clear(std::map<std::string, T>& value) { value.clear(); }
};

template <>
struct Packing<OwnerReference> {
  static bool is_empty(const OwnerReference&) { return false; }
  static void write(PackedWriter& to, const OwnerReference& from) {
    to.word(from.api_version);
    to.word(from.kind);
    to.text(from.name);
    to.text(from.uid);
    to.number((from.controller ? 1U : 0U) | (from.block_owner_deletion ? 2U : 0U));
  }
  static void read(PackedReader& from, OwnerReference& to) {
    to.api_version = from.text();
    to.kind = from.text();
    to.name = from.text();
    to.uid = from.text();
    const std::uint64_t flags = from.number();
    to.controller = flags & 1;
    to.block_owner_deletion = flags & 2;
  }
  static void clear(OwnerReference& value) { value = {}; }
};

// Name and namespace stay out and are not touched.
template <>
struct Packing<ObjectMeta> {
  static void fields(auto& self, auto& visit) {
    visit("uid", self.uid);
    visit("resourceVersion", self.resource_version);
    visit("generation", self.generation);
    visit("creationTimestamp", self.creation_time);
    visit("deletionTimestamp", self.deletion_time);
    visit("labels", self.labels);
    visit("annotations", self.annotations);
    visit("ownerReferences", self.owners);
    visit("finalizers", self.finalizers);
  }
  static bool is_empty(const ObjectMeta&) { return false; }
  static void write(PackedWriter& to, const ObjectMeta& from) {
    FieldPacker visit(to);
    fields(from, visit);
    visit.end();
  }
  static void read(PackedReader& from, ObjectMeta& to) {
    FieldUnpacker visit(from);
    fields(to, visit);
  }
  static void clear(ObjectMeta& value) {
    PackedReader nothing(std::string_view("\0", 1));
    read(nothing, value);
  }
};

template <class T>
std::string packed(const T& value) {
  PackedWriter to;
  Packing<T>::write(to, value);
  return std::move(to).take();
}

template <class T>
void unpack(std::string_view bytes, T& value) {
  PackedReader from(bytes);
  Packing<T>::read(from, value);
}

}  // namespace sluice::kube
