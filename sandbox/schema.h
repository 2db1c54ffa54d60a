// What an object may look like: one description for built-in types and for the schemas of custom resources.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

namespace sluice::sandbox {

namespace json = boost::json;

struct Pattern;  // a compiled regular expression, in schema.cc

// A rule of x-kubernetes-validations.
struct Rule {
  std::string expression;
  std::string message;
  std::string reason;
};

// How the fields of a list or a map belong to each other when several writers change it.
enum class Grouping {
  whole,  // one value ("atomic")
  set,    // a list of different values
  keyed,  // a list of objects told apart by key fields ("map")
  apart   // every member of its own ("granular")
};

// The schema of one value. Parts are shared; the built-in types refer to each other in circles and live for ever.
struct Schema {
  enum class Type { any, object, array, string, integer, number, boolean };

  Type type = Type::any;
  std::string format;
  std::string name;  // of a built-in type ("core.v1.Container"); "" for a part of a custom resource
  std::string description;
  std::map<std::string, std::shared_ptr<const Schema>, std::less<>> properties;
  std::shared_ptr<const Schema> additional;  // of every other member; nullptr when there are none
  std::shared_ptr<const Schema> items;
  std::vector<std::string> required;
  std::optional<json::value> default_value;

  bool nullable = false;
  bool int_or_string = false;
  bool preserve_unknown = false;
  bool embedded = false;  // a whole object with apiVersion, kind and metadata

  std::vector<json::value> choices;  // enum
  std::shared_ptr<const Pattern> pattern;
  std::optional<double> minimum, maximum, multiple_of;
  bool exclusive_minimum = false, exclusive_maximum = false;
  std::optional<std::int64_t> min_length, max_length, min_items, max_items, min_properties, max_properties;
  bool unique_items = false;
  std::vector<std::shared_ptr<const Schema>> all_of, any_of, one_of;
  std::shared_ptr<const Schema> none_of;  // not
  std::vector<Rule> rules;

  Grouping grouping = Grouping::apart;  // lists are `whole` unless said otherwise
  std::vector<std::string> keys;        // of a keyed list

  // Strategic merge patch, built-in types only.
  bool merges = false;    // the list is merged, not replaced
  std::string merge_key;  // "" for lists of plain values
  bool retains_keys = false;

  // The numbers of a built-in type's field in protobuf; a field of an embedded struct also has that of the struct.
  unsigned number = 0;
  unsigned outer_number = 0;

  // How Go writes a field of a built-in type.
  bool pointer = false;         // written as given, also when it is zero
  bool always_written = false;  // written also when nothing was given

  // The schema of a member; nullptr when the member is not known.
  const Schema* member(std::string_view wanted) const;
  // True when members that are not described are kept.
  bool keeps_unknown() const { return preserve_unknown || (type == Type::any && properties.empty() && !additional); }
};

using SchemaPtr = std::shared_ptr<const Schema>;

// Anything at all.
const Schema& free_schema();

// The regular expression in RE2's (Go's) syntax; nullptr when it is not one.
std::shared_ptr<const Pattern> make_pattern(std::string_view expression);
bool matches(const Pattern& pattern, std::string_view text);
std::string_view text_of(const Pattern& pattern);

// A path as messages print it: "spec.parts[0].name".
std::string member_path(std::string_view path, std::string_view name);
std::string item_path(std::string_view path, std::size_t index);

}  // namespace sluice::sandbox
