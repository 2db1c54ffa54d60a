// Tables in docs/ that name every field of a kind and, for each, a test that shows what becomes of it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/json.h"

namespace sluice::crds {

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline const std::filesystem::path source = SLUICE_SOURCE_DIR;

// The paths of all members that have no members of their own, except what every object has.
inline void collect(const json::value& schema, const std::string& path, std::set<std::string>& leaves) {
  const json::value* properties = kube::find_at(schema, {"properties"});
  const json::value* items = kube::find_at(schema, {"items"});
  const json::value* values = kube::find_at(schema, {"additionalProperties"});
  if (properties)
    for (const auto& member : properties->as_object()) {
      const std::string name(member.key());
      const bool is_common = path.empty() && (name == "apiVersion" || name == "kind" || name == "metadata");
      if (!is_common) collect(member.value(), path.empty() ? name : path + "." + name, leaves);
    }
  else if (items)
    collect(*items, path + "[]", leaves);
  else if (values && values->is_object() && kube::find_at(*values, {"properties"}))
    collect(*values, path + "{}", leaves);
  else
    leaves.insert(path.ends_with("[]") ? path.substr(0, path.size() - 2) : path);
}

struct Row {
  std::string state;
  std::string test;
};

inline std::string between_ticks(const std::string& cell) {
  const std::size_t from = cell.find('`'), to = cell.rfind('`');
  return from == std::string::npos || to <= from ? "" : cell.substr(from + 1, to - from - 1);
}

// The rows of a page below docs/, or of the part of it that stands under this heading.
inline std::map<std::string, Row> table(const std::string& page, const std::string& heading = "") {
  std::map<std::string, Row> rows;
  std::ifstream in(source / "docs" / page);
  bool is_here = heading.empty();
  for (std::string line; std::getline(in, line);) {
    if (!heading.empty() && line.starts_with("## ")) is_here = line == "## " + heading;
    if (!is_here || !line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    for (std::size_t at = 1; at < line.size();) {
      const std::size_t end = line.find('|', at);
      if (end == std::string::npos) break;
      cells.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    BOOST_REQUIRE_MESSAGE(cells.size() == 4, line);
    const std::string state = cells[1].substr(1, cells[1].size() - 2);
    BOOST_TEST(rows.emplace(between_ticks(cells[0]), Row{state, between_ticks(cells[3])}).second, line);
  }
  return rows;
}

// The row of the field itself, or the longest one that stands for all below it.
inline const Row* row_of(const std::map<std::string, Row>& rows, const std::string& field) {
  if (const auto own = rows.find(field); own != rows.end()) return &own->second;
  for (std::size_t end = field.rfind('.'); end != std::string::npos && end > 0; end = field.rfind('.', end - 1)) {
    const std::string parent = field.substr(0, end);
    for (const std::string& name :
         {parent + ".*", parent.ends_with("[]") ? parent.substr(0, parent.size() - 2) + ".*" : std::string()})
      if (const auto found = rows.find(name); found != rows.end()) return &found->second;
  }
  const auto whole = rows.find(field + ".*");
  return whole == rows.end() ? nullptr : &whole->second;
}

// The text of all tests.
inline std::string all_tests() {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source / "test"))
    if (entry.path().extension() == ".cc") text += content_of(entry.path());
  return text;
}

inline bool is_test(const std::string& tests, const std::string& name) {
  return tests.find("TEST_CASE(" + name + ")") != std::string::npos ||
         tests.find("TEST_CASE(" + name + ",") != std::string::npos;
}

}  // namespace sluice::crds
