// Sets of fields of an object, as managedFields names them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace sluice::sandbox {

namespace json = boost::json;

// A tree of path elements: "f:name" for a member, `k:{"name":"c"}` for an item of a keyed list, `v:"x"` for one of a
// set. A node is in the set itself when `member` is true.
struct FieldSet {
  bool member = false;
  std::map<std::string, FieldSet, std::less<>> children;

  bool empty() const { return !member && children.empty(); }
  bool operator==(const FieldSet&) const = default;

  // The node at the path, made when it is absent.
  FieldSet& at(const std::vector<std::string>& path);
  void insert(const std::vector<std::string>& path) { at(path).member = true; }
};

FieldSet united(const FieldSet& a, const FieldSet& b);
FieldSet common(const FieldSet& a, const FieldSet& b);
// What is in `a` and not in `b`.
FieldSet without(const FieldSet& a, const FieldSet& b);
// `set` without the whole branch at the path.
void remove_branch(FieldSet& set, const std::vector<std::string>& path);

// The fieldsV1 form, and back; what cannot be read is left out.
json::value to_fields_v1(const FieldSet& set);
FieldSet from_fields_v1(const json::value& fields);

// All fields in the set as messages name them (".spec.parts[name=\"p\"].size"), members of a node before its branches.
std::vector<std::string> field_names(const FieldSet& set);

}  // namespace sluice::sandbox
