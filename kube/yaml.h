// YAML as Kubernetes reads and prints it: documents of JSON values, never YAML nodes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/json.h"
#include "kube/result.h"

namespace sluice::kube {

// Reads exactly one document; JSON is accepted too. Plain scalars are read as kubectl reads them (`yes` is true, `0777`
// is 511, a time is a string), the last of two equal keys wins, `<<` merges, and depth and aliases are bounded.
// Fault::invalid names the line and the column, both counted from 1.
Result<json::value> parse_yaml(std::string_view text);

// Reads documents separated by `---`, or JSON values one after the other. Empty documents are dropped.
Result<std::vector<json::value>> parse_yaml_documents(std::string_view text);

// Block style as `kubectl -o yaml` prints it: members sorted by name, two spaces, lists not indented, texts of several
// lines as `|`. Every string that would be read as something else is quoted. Ends with a line feed.
std::string print_yaml(const json::value& value);

}  // namespace sluice::kube
