// Objects as the tables that `kubectl get` prints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "kube/time.h"
#include "sandbox/kinds.h"

namespace sluice::sandbox {

namespace json = boost::json;

// One column: its head, and what stands in it for an object.
struct Column {
  const char* name;
  const char* type;  // "string" or "integer"
  int priority;      // above 0: only in wide output
  json::value (*cell)(const json::value& object, kube::Time now);
};

// The columns of a built-in kind ("Deployment.apps"); those of any kind, name and age, when it has none of its own.
const std::vector<Column>& builtin_columns(std::string_view kind_name);
// The columns of kinds that run pods, and of all others. (sandbox/workload_columns.cc, sandbox/plain_columns.cc)
const std::vector<Column>* workload_columns(std::string_view kind_name);
const std::vector<Column>* plain_columns(std::string_view kind_name);

// How much of each object a row carries.
enum class RowObject { metadata, none, whole };

// A meta.k8s.io/v1 Table. `list_metadata` is that of the list, an empty object for a single one. Without heads the
// columns are not described, as in all but the first event of a watch.
json::value table_of(const Kind& kind, const std::vector<const json::value*>& objects, json::object list_metadata,
                     RowObject rows, bool with_heads, kube::Time now);

// Words that many cells share.
std::string age_cell(const json::value& object, std::initializer_list<std::string_view> path, kube::Time now);
std::string text_or(std::string_view text, std::string_view otherwise);

}  // namespace sluice::sandbox
