// Building tables.
#include "sandbox/table.h"

#include <boost/json.hpp>

#include "kube/json.h"
#include "sandbox/json_path.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

json::value name_cell(const json::value& object, kube::Time) {
  return json::value(kube::text_at(object, {"metadata", "name"}));
}

json::value object_age(const json::value& object, kube::Time now) {
  return json::value(age_cell(object, {"metadata", "creationTimestamp"}, now));
}

// The cell of a column that a definition asks for.
json::value custom_cell(const PrinterColumn& column, const json::value& object, kube::Time now) {
  const json::array found = find_json_path(object, column.json_path);
  if (found.empty() || found[0].is_null()) return nullptr;
  const json::value& value = found[0];
  if (column.type == "date") {
    if (!value.is_string()) return "<unknown>";
    const kube::Result<kube::Time> time = kube::parse_time(value.get_string());
    return time ? json::value(kube::format_age(now - *time)) : json::value("<invalid>");
  }
  if (column.type == "integer" || column.type == "number" || column.type == "boolean") return value;
  if (value.is_string()) return value;
  std::string text;
  for (const json::value& one : found)
    text += (text.empty() ? "" : ",") + (one.is_string() ? std::string(one.get_string()) : kube::print_json(one));
  return json::value(text);
}

json::object head(std::string_view name, std::string_view type, std::string_view format, std::string_view description,
                  int priority) {
  return {{"name", name}, {"type", type}, {"format", format}, {"description", description}, {"priority", priority}};
}

json::array heads_of(const Kind& kind) {
  json::array heads;
  if (kind.columns.empty()) {
    for (const Column& column : builtin_columns(kind.kind_name()))
      heads.push_back(
          head(column.name, column.type, std::string_view(column.name) == "Name" ? "name" : "", "", column.priority));
    return heads;
  }
  heads.push_back(head("Name", "string", "name", "", 0));
  for (const PrinterColumn& column : kind.columns)
    heads.push_back(head(column.name, column.type, column.format, column.description, column.priority));
  return heads;
}

json::array cells_of(const Kind& kind, const json::value& object, kube::Time now) {
  json::array cells;
  if (kind.columns.empty()) {
    for (const Column& column : builtin_columns(kind.kind_name())) cells.push_back(column.cell(object, now));
    return cells;
  }
  cells.push_back(name_cell(object, now));
  for (const PrinterColumn& column : kind.columns) cells.push_back(custom_cell(column, object, now));
  return cells;
}

}  // namespace

const std::vector<Column>& builtin_columns(std::string_view kind_name) {
  static const std::vector<Column> name_and_age = {{"Name", "string", 0, name_cell}, {"Age", "string", 0, object_age}};
  if (const std::vector<Column>* columns = workload_columns(kind_name)) return *columns;
  if (const std::vector<Column>* columns = plain_columns(kind_name)) return *columns;
  return name_and_age;
}

json::value table_of(const Kind& kind, const std::vector<const json::value*>& objects, json::object list_metadata,
                     RowObject rows, bool with_heads, kube::Time now) {
  json::array lines;
  for (const json::value* object : objects) {
    json::object line{{"cells", cells_of(kind, *object, now)}};
    if (rows == RowObject::none) line["object"] = nullptr;
    if (rows == RowObject::whole) line["object"] = *object;
    if (rows == RowObject::metadata)
      line["object"] = json::object{{"kind", "PartialObjectMetadata"},
                                    {"apiVersion", "meta.k8s.io/v1"},
                                    {"metadata", object->get_object().at("metadata")}};
    lines.push_back(std::move(line));
  }
  return json::object{{"kind", "Table"},
                      {"apiVersion", "meta.k8s.io/v1"},
                      {"metadata", std::move(list_metadata)},
                      {"columnDefinitions", with_heads ? json::value(heads_of(kind)) : json::value(nullptr)},
                      {"rows", std::move(lines)}};
}

std::string age_cell(const json::value& object, std::initializer_list<std::string_view> path, kube::Time now) {
  const kube::Result<kube::Time> time = kube::parse_time(kube::text_at(object, path));
  return time ? kube::format_age(now - *time) : "<unknown>";
}

std::string text_or(std::string_view text, std::string_view otherwise) {
  return std::string(text.empty() ? otherwise : text);
}

}  // namespace sluice::sandbox
