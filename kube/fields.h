// Structs <-> JSON by one visitor. A struct names its members once:
//
//   struct Pause {
//     std::optional<IntOrString> duration;
//     static void fields(auto& self, auto& visit) { visit("duration", self.duration); }
//   };
//
// visit(name, member)           absent in JSON leaves the default; a default value is not written (Go's omitempty)
// visit.required(name, member)  absent in JSON is a mistake; always written
// visit.always(name, member)    absent in JSON leaves the default; always written
//
// Decoding goes on after a mistake and reports all of them with their paths. Unknown members are ignored: writes are
// patches, so nothing is lost. This header is costly to compile: include it in .cc files only.
#pragma once

#include <charconv>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/int_or_string.h"
#include "kube/json.h"
#include "kube/string_map.h"
#include "kube/time.h"

namespace sluice::kube {

// Where decoding is, as a chain on the stack; text is made only when there is a mistake to report.
struct JsonPath {
  const JsonPath* parent = nullptr;
  std::string_view name;
  std::ptrdiff_t index = -1;  // of an array element when >= 0

  std::string text() const {
    std::string before = parent ? parent->text() : std::string();
    if (index >= 0) return before + fmt::format("[{}]", index);
    if (name.empty()) return before;
    return before.empty() ? std::string(name) : before + "." + std::string(name);
  }
};

// How one type is read and written. Specialised for leaves here, for structs with `fields` by the primary template;
// a room may specialise it for a type of its own.
template <class T>
struct Convert;

class Decoder {
 public:
  Decoder(const json::object& from, Mistakes& mistakes, const JsonPath& path)
      : from_(from), mistakes_(mistakes), path_(path) {}
  template <class T>
  void operator()(std::string_view name, T& member) {
    read(name, member);
  }
  template <class T>
  void always(std::string_view name, T& member) {
    read(name, member);
  }
  template <class T>
  void required(std::string_view name, T& member) {
    if (!read(name, member)) mistakes_.push_back({JsonPath{&path_, name}.text(), "is required"});
  }

 private:
  template <class T>
  bool read(std::string_view name, T& member) {
    const json::value* found = from_.if_contains(name);
    if (!found || found->is_null()) return false;
    Convert<T>::read(*found, member, mistakes_, JsonPath{&path_, name});
    return true;
  }

  const json::object& from_;
  Mistakes& mistakes_;
  const JsonPath& path_;
};

class Encoder {
 public:
  explicit Encoder(json::object& to) : to_(to) {}
  template <class T>
  void operator()(std::string_view name, const T& member) {
    if (!Convert<T>::is_empty(member)) to_[name] = Convert<T>::write(member);
  }
  template <class T>
  void always(std::string_view name, const T& member) {
    to_[name] = Convert<T>::write(member);
  }
  template <class T>
  void required(std::string_view name, const T& member) {
    to_[name] = Convert<T>::write(member);
  }

 private:
  json::object& to_;
};

// Structs.
template <class T>
struct Convert {
  static void read(const json::value& from, T& to, Mistakes& mistakes, const JsonPath& path) {
    if (!from.is_object()) {
      mistakes.push_back({path.text(), "must be an object"});
      return;
    }
    Decoder decoder(from.get_object(), mistakes, path);
    T::fields(to, decoder);
  }
  static json::value write(const T& from) {
    json::object to;
    Encoder encoder(to);
    T::fields(from, encoder);
    return json::value(std::move(to));
  }
  // A struct that is a member by value is written when any of its members is.
  static bool is_empty(const T& from) { return write(from).get_object().empty(); }
};

template <>
struct Convert<bool> {
  static void read(const json::value& from, bool& to, Mistakes& mistakes, const JsonPath& path) {
    if (from.is_bool())
      to = from.get_bool();
    else
      mistakes.push_back({path.text(), "must be true or false"});
  }
  static json::value write(bool from) { return json::value(from); }
  static bool is_empty(bool from) { return !from; }
};

template <class T>
  requires std::is_integral_v<T> && (!std::is_same_v<T, bool>)
struct Convert<T> {
  static void read(const json::value& from, T& to, Mistakes& mistakes, const JsonPath& path) {
    boost::system::error_code error;
    const auto number = from.is_double() ? whole(from.get_double(), error) : from.to_number<std::int64_t>(error);
    if (error.failed() || number < std::int64_t{std::numeric_limits<T>::min()} ||
        number > std::int64_t{std::numeric_limits<T>::max()})
      mistakes.push_back({path.text(), fmt::format("must be a whole number from {} to {}",
                                                   std::numeric_limits<T>::min(), std::numeric_limits<T>::max())});
    else
      to = static_cast<T>(number);
  }
  static json::value write(T from) { return json::value(static_cast<std::int64_t>(from)); }
  static bool is_empty(T from) { return from == 0; }

 private:
  static std::int64_t whole(double number, boost::system::error_code& error) {
    if (number >= -9.0e15 && number <= 9.0e15 && number == static_cast<double>(static_cast<std::int64_t>(number)))
      return static_cast<std::int64_t>(number);
    error = json::error::not_exact;
    return 0;
  }
};

template <>
struct Convert<double> {
  static void read(const json::value& from, double& to, Mistakes& mistakes, const JsonPath& path) {
    if (from.is_number())
      to = from.to_number<double>();
    else
      mistakes.push_back({path.text(), "must be a number"});
  }
  static json::value write(double from) { return json::value(from); }
  static bool is_empty(double from) { return from == 0; }
};

template <>
struct Convert<std::string> {
  static void read(const json::value& from, std::string& to, Mistakes& mistakes, const JsonPath& path) {
    if (from.is_string())
      to.assign(from.get_string().data(), from.get_string().size());
    else
      mistakes.push_back({path.text(), "must be a string"});
  }
  static json::value write(const std::string& from) { return json::value(from); }
  static bool is_empty(const std::string& from) { return from.empty(); }
};

template <>
struct Convert<Time> {
  static void read(const json::value& from, Time& to, Mistakes& mistakes, const JsonPath& path) {
    const Result<Time> time =
        from.is_string() ? parse_time(from.get_string()) : Result<Time>(Error{Fault::invalid, "not a string"});
    if (time)
      to = *time;
    else
      mistakes.push_back({path.text(), "must be a time such as 2026-01-02T03:04:05Z"});
  }
  static json::value write(Time from) { return json::value(format_time(from)); }
  static bool is_empty(Time from) { return from == Time{}; }
};

template <>
struct Convert<IntOrString> {
  static void read(const json::value& from, IntOrString& to, Mistakes& mistakes, const JsonPath& path) {
    if (from.is_string()) {
      to.value = std::string(from.get_string());
    } else {
      std::int64_t number = 0;
      Convert<std::int64_t>::read(from, number, mistakes, path);
      to.value = number;
    }
  }
  static json::value write(const IntOrString& from) {
    return from.is_int() ? json::value(std::get<0>(from.value)) : json::value(std::get<1>(from.value));
  }
  static bool is_empty(const IntOrString&) { return false; }
};

// A part that is kept as it is.
template <>
struct Convert<json::value> {
  static void read(const json::value& from, json::value& to, Mistakes&, const JsonPath&) { to = from; }
  static json::value write(const json::value& from) { return from; }
  static bool is_empty(const json::value& from) { return from.is_null(); }
};

template <>
struct Convert<StringMap> {
  static void read(const json::value& from, StringMap& to, Mistakes& mistakes, const JsonPath& path) {
    if (!from.is_object()) {
      mistakes.push_back({path.text(), "must be an object of strings"});
      return;
    }
    for (const auto& [key, value] : from.get_object()) {
      std::string text;
      Convert<std::string>::read(value, text, mistakes, JsonPath{&path, key});
      to.set(key, text);
    }
    to.shrink_to_fit();
  }
  static json::value write(const StringMap& from) {
    json::object to;
    for (const auto& [key, value] : from) to[key] = value;
    return json::value(std::move(to));
  }
  static bool is_empty(const StringMap& from) { return from.empty(); }
};

template <class T>
struct Convert<std::optional<T>> {
  static void read(const json::value& from, std::optional<T>& to, Mistakes& mistakes, const JsonPath& path) {
    Convert<T>::read(from, to.emplace(), mistakes, path);
  }
  static json::value write(const std::optional<T>& from) { return from ? Convert<T>::write(*from) : json::value(); }
  static bool is_empty(const std::optional<T>& from) { return !from.has_value(); }
};

// An optional part that is seldom there and would be large in place. Copies are deep where T is copied.
template <class T>
struct Convert<std::shared_ptr<const T>> {
  static void read(const json::value& from, std::shared_ptr<const T>& to, Mistakes& mistakes, const JsonPath& path) {
    auto made = std::make_shared<T>();
    Convert<T>::read(from, *made, mistakes, path);
    to = std::move(made);
  }
  static json::value write(const std::shared_ptr<const T>& from) {
    return from ? Convert<T>::write(*from) : json::value();
  }
  static bool is_empty(const std::shared_ptr<const T>& from) { return !from; }
};

template <class T>
struct Convert<std::vector<T>> {
  static void read(const json::value& from, std::vector<T>& to, Mistakes& mistakes, const JsonPath& path) {
    if (!from.is_array()) {
      mistakes.push_back({path.text(), "must be a list"});
      return;
    }
    to.clear();
    to.reserve(from.get_array().size());
    for (const json::value& item : from.get_array())
      Convert<T>::read(item, to.emplace_back(), mistakes,
                       JsonPath{&path, {}, static_cast<std::ptrdiff_t>(to.size()) - 1});
  }
  static json::value write(const std::vector<T>& from) {
    json::array to;
    to.reserve(from.size());
    for (const T& item : from) to.push_back(Convert<T>::write(item));
    return json::value(std::move(to));
  }
  static bool is_empty(const std::vector<T>& from) { return from.empty(); }
};

template <class T>
struct Convert<std::map<std::string, T>> {
  static void read(const json::value& from, std::map<std::string, T>& to, Mistakes& mistakes, const JsonPath& path) {
    if (!from.is_object()) {
      mistakes.push_back({path.text(), "must be an object"});
      return;
    }
    for (const auto& [key, value] : from.get_object())
      Convert<T>::read(value, to[std::string(key)], mistakes, JsonPath{&path, key});
  }
  static json::value write(const std::map<std::string, T>& from) {
    json::object to;
    for (const auto& [key, value] : from) to[key] = Convert<T>::write(value);
    return json::value(std::move(to));
  }
  static bool is_empty(const std::map<std::string, T>& from) { return from.empty(); }
};

// Reads a struct and appends all mistakes; what could be read is in the answer.
template <class T>
T decode(const json::value& from, Mistakes& mistakes, std::string_view at = {}) {
  T to{};
  Convert<T>::read(from, to, mistakes, JsonPath{nullptr, at});
  return to;
}

template <class T>
json::value encode(const T& from) {
  return Convert<T>::write(from);
}

}  // namespace sluice::kube
