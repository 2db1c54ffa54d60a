// What a condition sees of one query of CloudWatch: a record with the names of its API.
#include "analysis/cloud_watch_row.h"

#include "analysis/expression/moment.h"

namespace sluice::analysis {
namespace {

using expression::Kind;
using expression::List;
using expression::Record;
using expression::RecordType;
using expression::Value;

const RecordType& row_type() {
  static const RecordType type{"types.MetricDataResult",
                               {{"Id", Kind::text},
                                {"Label", Kind::text},
                                {"Messages", Kind::list, Kind::text},
                                {"StatusCode", Kind::text},
                                {"Timestamps", Kind::list, Kind::time},
                                {"Values", Kind::list, Kind::floating}}};
  return type;
}

template <class T, class Make>
Value list_of(const std::vector<T>& items, Kind elements, Make make) {
  List list;
  list.elements = elements;
  for (const T& item : items) list.items.push_back(make(item));
  return list;
}

}  // namespace

Value value_of(const std::vector<CloudWatchRow>& rows) {
  List list;
  list.elements = Kind::record;
  list.record = &row_type();
  const auto as_is = [](const auto& item) { return Value(item); };
  const auto as_moment = [](kube::Time time) { return Value(expression::moment_of(time)); };
  for (const CloudWatchRow& row : rows) {
    Record record;
    record.type = &row_type();
    record.values = {
        row.id,          row.label ? Value(*row.label) : Value(),        list_of(row.messages, Kind::text, as_is),
        row.status_code, list_of(row.timestamps, Kind::time, as_moment), list_of(row.values, Kind::floating, as_is)};
    list.items.emplace_back(std::move(record));
  }
  return list;
}

}  // namespace sluice::analysis
