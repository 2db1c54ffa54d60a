// The annotated CSV in which InfluxDB answers Flux queries.
#include "analysis/providers/flux_csv.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

namespace sluice::analysis {
namespace {

using expression::Value;
using kube::Error;
using kube::Fault;
using kube::Result;
using Row = std::vector<std::string>;

// Reads rows one after another; a field in quotes may hold commas, line breaks and doubled quotes.
class Rows {
 public:
  explicit Rows(std::string_view text) : text_(text) {}

  // nullopt at the end. A row of one empty field is an empty line.
  std::optional<Row> next() {
    if (at_ >= text_.size()) return std::nullopt;
    Row row(1);
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"' && row.back().empty()) {
        read_quoted(row.back());
      } else if (c == ',') {
        row.emplace_back();
      } else if (c == '\n') {
        return row;
      } else if (c != '\r') {
        row.back() += c;
      }
    }
    return row;
  }

 private:
  void read_quoted(std::string& field) {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != '"') {
        field += c;
      } else if (at_ < text_.size() && text_[at_] == '"') {
        field += c;
        ++at_;
      } else {
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

struct Table {
  Row types, defaults, header;
  std::optional<std::size_t> place_of(std::string_view column) const {
    const auto at = std::ranges::find(header, column);
    if (at == header.end()) return std::nullopt;
    return static_cast<std::size_t>(at - header.begin());
  }
};

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<Value> read_value(const std::string& type, const std::string& text) {
  if (text.empty() && type != "string") return Value();
  if (type == "double") {
    if (text == "NaN") return Value(std::numeric_limits<double>::quiet_NaN());
    const bool minus = text.starts_with('-');
    if (text == "+Inf" || text == "Inf" || text == "-Inf")
      return Value(minus ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity());
    if (const auto number = whole<double>(text)) return Value(*number);
  } else if (type == "long") {
    if (const auto number = whole<std::int64_t>(text)) return Value(*number);
  } else if (type == "unsignedLong") {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (const auto number = whole<std::uint64_t>(text))
      return *number <= largest ? Value(static_cast<std::int64_t>(*number)) : Value(static_cast<double>(*number));
  } else if (type == "boolean") {
    if (text == "true" || text == "false") return Value(text == "true");
  } else {
    return Value(text);  // texts, times, durations and bytes stay as they are written
  }
  return Error{Fault::internal, fmt::format("a value of the answer is no {}", type.substr(0, 32))};
}

}  // namespace

Result<std::vector<Value>> read_flux_values(std::string_view csv) {
  std::vector<Value> values;
  Rows rows(csv);
  Table table;
  while (std::optional<Row> row = rows.next()) {
    if (row->size() == 1 && row->front().empty()) {
      table = Table{};  // the next table has annotations and a header of its own
      continue;
    }
    const std::string& first = row->front();
    if (first.starts_with('#')) {
      if (!table.header.empty()) table = Table{};
      if (first == "#datatype") table.types = std::move(*row);
      if (first == "#default") table.defaults = std::move(*row);
      continue;
    }
    if (table.header.empty()) {
      table.header = std::move(*row);
      continue;
    }
    if (row->size() != table.header.size())
      return Error{Fault::internal,
                   fmt::format("a row of the answer has {} fields instead of {}", row->size(), table.header.size())};
    if (const auto error = table.place_of("error"); error && table.place_of("reference"))
      return Error{Fault::invalid, fmt::format("flux query failed: {}", (*row)[*error].substr(0, 256))};
    const auto at = table.place_of("_value");
    if (!at) return Error{Fault::invalid, "the result of the flux query has no column _value"};
    std::string text = (*row)[*at];
    if (text.empty() && *at < table.defaults.size()) text = table.defaults[*at];
    Result<Value> value = read_value(*at < table.types.size() ? table.types[*at] : "string", text);
    if (!value) return value.error();
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace sluice::analysis
