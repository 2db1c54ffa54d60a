// The condition language: a table of expressions with what each comes to, and the bounds that hostile ones meet.
#include "analysis/expression/expression.h"

#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "analysis/cloud_watch_row.h"
#include "analysis/expression/moment.h"
#include "analysis/value_json.h"

namespace sluice::analysis::expression {
namespace {

// It is this time in all tests.
const kube::Time now = kube::parse_time("2026-01-02T03:04:05Z").value();

Value floats(std::string_view json) {
  List list;
  list.elements = Kind::floating;
  // NaN is no JSON; the table writes it as a word.
  std::string text(json.substr(1, json.size() - 2));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    list.items.emplace_back(std::stod(text.substr(at, end - at)));
    at = end + 1;
  }
  return list;
}

Value value_in_table(std::string_view cell) {
  if (cell == "-" || cell == "N*") return {};
  if (cell.starts_with("Fs ")) return std::stod(std::string(cell.substr(3)));
  if (cell.starts_with("F[")) return floats(cell.substr(1));
  if (cell.starts_with("CW[")) {
    CloudWatchRow row{"m1", {}, "Complete", {}, {}, {}};
    const Value values = floats(cell.substr(2));
    for (const Value& item : values.list().items) row.values.push_back(item.floating());
    return value_of({row});
  }
  if (cell.starts_with("NR")) cell.remove_prefix(2);
  return value_from_json(boost::json::parse(cell));
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_cut = static_cast<unsigned char>(c) >= 0xC0 && i + 1 == text.size();
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (is_cut)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + "\"";
}

// As the table writes values: 3 is an int, 3.0 a float.
std::string written(const Value& value) {
  switch (value.kind()) {
    case Kind::nil:
      return "nil";
    case Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.integer());
    case Kind::integer64:
    case Kind::unsigned64:
    case Kind::byte:
      return std::to_string(value.integer()) + ":" + std::string(name_of(value.kind()));
    case Kind::floating: {
      const std::string text = print_decimal(value.floating());
      return std::isfinite(value.floating()) && text.find('.') == std::string::npos ? text + ".0" : text;
    }
    case Kind::text:
      return quoted(value.text());
    case Kind::list: {
      std::string out;
      for (const Value& item : value.list().items) out += (out.empty() ? "" : ", ") + written(item);
      return "[" + out + "]";
    }
    case Kind::dictionary: {
      std::string out;
      for (const auto& [key, item] : value.dictionary().entries)
        out += (out.empty() ? "" : ", ") + written(key) + ": " + written(item);
      return "{" + out + "}";
    }
    case Kind::time:
    case Kind::duration:
    case Kind::record:
    case Kind::zone:
    case Kind::month:
    case Kind::weekday:
      return print_plain(value);
    default: {
      std::string out;
      for (const auto& [key, item] : value.map()) out += (out.empty() ? "" : ", ") + quoted(key) + ": " + written(item);
      return "{" + out + "}";
    }
  }
}

struct Row {
  int number;  // of the vector, or of the line
  std::string expression, result, expected;
};

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t end = std::min(line.find('\t', at), line.size());
    cells.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return cells;
}

// The rows of a file; those of three cells are numbered by their line.
std::vector<Row> table(const std::string& name) {
  std::ifstream file(SLUICE_SOURCE_DIR "/test/data/analysis/" + name);
  std::vector<Row> rows;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.starts_with("# ")) continue;
    std::vector<std::string> cells = cells_of(line);
    BOOST_REQUIRE_MESSAGE(cells.size() == 3 || cells.size() == 4, name << ":" << number);
    const std::size_t first = cells.size() - 3;
    rows.push_back({first ? std::stoi(cells[0]) : number, cells[first], cells[first + 1], cells[first + 2]});
  }
  return rows;
}

std::string outcome(const std::string& source, const Value& result) {
  const Answer<Expression> expression = read(source);
  if (!expression) return expression.error().message;
  const Answer<Value> value = evaluate(*expression, result, now);
  return value ? written(*value) : value.error().message;
}

// What a row says. A vector may write a float with an exponent, as the language prints it.
void check_row(const Row& row) {
  const bool fails = row.expected.starts_with("CE ") || row.expected.starts_with("RE ");
  const std::string expected = fails ? row.expected.substr(3) : row.expected;
  std::string got = outcome(row.expression, value_in_table(row.result));
  const Answer<Expression> parsed = read(row.expression);
  const Answer<Value> value = parsed ? evaluate(*parsed, value_in_table(row.result), now) : parsed.error();
  if (value && value->kind() == Kind::floating && expected.find('e') != std::string::npos) got = print_plain(*value);
  BOOST_TEST_CONTEXT(row.number << ": " << row.expression) {
    BOOST_TEST(got == expected);
    BOOST_TEST(value.has_error() == fails);
    if (!fails) return;
    // What is refused before it runs is refused by the checker, whatever is in the branch that would not run.
    const Answer<Value> skipped = [&] {
      const Answer<Expression> around = read("true || (" + row.expression + ") == nil");
      return around ? evaluate(*around, value_in_table(row.result), now) : Answer<Value>(around.error());
    }();
    if (parsed && row.expression.find(';') == std::string::npos)
      BOOST_TEST(skipped.has_error() == row.expected.starts_with("CE "));
  }
}

BOOST_AUTO_TEST_CASE(every_vector_comes_to_what_it_says) {
  std::set<int> numbers;
  for (const Row& row : table("condition_vectors.tsv")) {
    BOOST_TEST(numbers.insert(row.number).second, "the vector " << row.number << " is there twice");
    check_row(row);
  }
  BOOST_TEST(numbers.size() == 238u);
  BOOST_TEST(*numbers.begin() == 1);
  BOOST_TEST(*numbers.rbegin() == 238);
}

BOOST_AUTO_TEST_CASE(every_row_of_the_table_comes_to_what_it_says) {
  const std::vector<Row> rows = table("expressions.tsv");
  BOOST_TEST(rows.size() > 150u);
  for (const Row& row : rows) check_row(row);
}

BOOST_AUTO_TEST_CASE(an_expression_of_time_knows_no_measurement) {
  const auto ask = [](std::string_view source) {
    const Answer<kube::Time> answer = evaluate_time(source, now);
    return answer ? kube::format_time(*answer) : answer.error().message;
  };
  BOOST_TEST(ask("now()") == "2026-01-02T03:04:05Z");
  BOOST_TEST(ask("now() - duration(\"1h\")") == "2026-01-02T02:04:05Z");
  BOOST_TEST(ask("date(\"2023-08-14 00:00:00\",\"2006-01-02 15:04:05\",\"UTC\")") == "2023-08-14T00:00:00Z");
  BOOST_TEST(ask("isNaN(1.0) ? now() : now()") == "2026-01-02T03:04:05Z");
  BOOST_TEST(ask("1") == "expected time.Time, but got int");
  BOOST_TEST(ask("duration(\"1h\")") == "expected time.Time, but got time.Duration");
  BOOST_TEST(ask("result") == "unknown name result");
  BOOST_TEST(ask("asInt(1)") == "unknown name asInt");
  BOOST_TEST(ask("date(\"bad\")") == "invalid date bad");
  BOOST_TEST(ask("now() -") == "unexpected token EOF");
  BOOST_TEST(ask("date(\"9999-01-01\").AddDate(1000000, 0, 0)").size() > 0u);
}

BOOST_AUTO_TEST_CASE(a_caret_stands_under_the_mistake) {
  const auto shown = [](std::string_view source) {
    const Answer<Expression> expression = read(source);
    const Answer<Value> value = expression ? evaluate(*expression, 1.0, now) : expression.error();
    return value ? std::string() : with_caret(value.error(), source);
  };
  BOOST_TEST(shown("result > foo") == "unknown name foo (column 10)\n  result > foo\n           ^\n");
  BOOST_TEST(shown("result >") == "unexpected token EOF (column 9)\n  result >\n          ^\n");
  BOOST_TEST(shown("true &&\n\"é\" == x") == "unknown name x (line 2, column 8)\n  \"é\" == x\n         ^\n");
  BOOST_TEST(shown("") == "unexpected token EOF (column 1)\n  \n  ^\n");
}

BOOST_AUTO_TEST_CASE(a_mistake_is_found_without_a_measurement_and_names_its_column) {
  const struct {
    const char* source;
    const char* message;
  } rows[] = {
      {"result >", "unexpected token EOF (column 9)"},
      {"result > x", "unknown name x (column 10)"},
      {"1 + \"a\"", "invalid operation: + (mismatched types int and string) (column 3)"},
      {"result > 1 &&\n  foo(1)", "unknown name foo (line 2, column 3)"},
      {"len(1, 2)", "too many arguments to call len (column 1)"},
      {"now() > 1", "invalid operation: > (mismatched types time.Time and int) (column 7)"},
      {"", "unexpected token EOF (column 1)"},
  };
  for (const auto& row : rows) {
    const kube::Result<Expression> parsed = parse_condition(row.source);
    BOOST_REQUIRE(parsed.has_error());
    BOOST_TEST(parsed.error().message == row.message);
  }
}

BOOST_AUTO_TEST_CASE(a_condition_must_be_true_or_false) {
  const auto ask = [](const char* source, const Value& result) {
    const Answer<bool> answer = holds(*read(source), result, now);
    return answer ? std::string(*answer ? "true" : "false") : answer.error().message;
  };
  BOOST_TEST(ask("result >= 0.95", 0.99) == "true");
  BOOST_TEST(ask("result >= 0.95", std::numeric_limits<double>::quiet_NaN()) == "false");
  BOOST_TEST(ask("result", 0.99) == "expected bool, but got float64");
  BOOST_TEST(ask("asInt(result)", 1.0) == "expected bool, but got int64");
  BOOST_TEST(ask("result.a", Map{}) == "expected bool, but got <nil>");
}

std::string repeated(const std::string& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

BOOST_AUTO_TEST_CASE(hostile_expressions_end_in_an_error) {
  const struct {
    std::string source;
    const char* message;
  } rows[] = {
      {repeated("(", 5000) + "1" + repeated(")", 5000), "expression is nested too deeply (limit 200)"},
      {repeated("-", 5000) + "1", "expression is nested too deeply (limit 200)"},
      {repeated("[", 300), "expression is nested too deeply (limit 200)"},
      {repeated("1+", 1500) + "1", "expression is nested too deeply (limit 1000)"},
      {"[" + repeated("[],", 6000) + "1]", "expression is too long"},
      {"repeat(repeat(\"x\", 1000000), 1000000)", "memory budget exceeded"},
      {"map(1..1000, map(1..1000, map(1..1000, # + 1)))", "budget exceeded"},
      {"1..1000000", "memory budget exceeded"},
      {"9223372036854775807 - 1 .. 9223372036854775807", "[9223372036854775806, 9223372036854775807]"},
      {"-9223372036854775807..9223372036854775807", "memory budget exceeded"},
      {"let l = 1..999; all(l, all(l, any(l, # >= 0)))", "step budget exceeded (1000000)"},
      {"any(1..999, any(1..999, \"" + repeated("x", 4000) + "\" matches \"(x+x+)+y\"))", "step budget exceeded"},
      {"let l = 1..900; reduce(l, [#acc, #acc], [1])", "value is nested too deeply (limit 250)"},
      {"let l = 1..60; string(reduce(l, [#acc, #acc], [1]))", "memory budget exceeded"},
      {"let l = 1..60; toJSON(reduce(l, [#acc, #acc], [1]))", "memory budget exceeded"},
      {"let l = 1..60; reduce(l, [#acc, #acc], []) == reduce(l, [#acc, #acc], [])", "step budget exceeded"},
      {"let l = 1..60; flatten(reduce(l, [#acc, #acc], []))", "step budget exceeded"},
      {"let l = 1..60; max(reduce(l, [#acc, #acc], []))", "step budget exceeded"},
      {"let l = 1..60; reduce(l, map([1, 1], {let a = #; a}), []) | concat() | len()", "2"},
      {"let l = 1..60; int(reduce(l, [#acc, #acc], [1]))", "invalid operation: int([[[[["},
      {"\"a\" matches \"" + repeated("(", 5000) + "\"", "error parsing regexp: too long"},
      {"(1<" + repeated("(1<", 60) + "2<3" + repeated("<3)", 60) + "<3)", "mismatched types"},
  };
  for (const auto& row : rows) {
    const std::string got = outcome(row.source, {});
    BOOST_TEST(got.find(row.message) != std::string::npos, row.source.substr(0, 40) << " gave " << got.substr(0, 200));
  }
}

BOOST_AUTO_TEST_CASE(ten_thousand_nodes_are_the_limit) {
  std::string source = "[";
  for (int i = 0; i < 7000; ++i) source += "1,";
  BOOST_TEST(outcome(source + "]", {}).substr(0, 4) == "[1, ");
  source.clear();
  for (int i = 0; i < 6; ++i) source += (i ? ";[" : "[") + repeated("1,", 1300) + "]";
  BOOST_TEST(read(source).has_value());
  // Chained comparisons make two nodes for each word, so they meet the limit before the text does.
  source = "[";
  for (int i = 0; i < 1400; ++i) source += "1<1<1<1,";
  BOOST_TEST(outcome(source + "]", {}) == "compilation failed: expression exceeds maximum allowed nodes");
}

BOOST_AUTO_TEST_CASE(values_print_as_measurements_show_them) {
  const double infinity = std::numeric_limits<double>::infinity();
  const struct {
    double number;
    const char* decimal;
    const char* plain;
  } rows[] = {
      {0.95, "0.95", "0.95"},
      {1e6, "1000000", "1e+06"},
      {123456, "123456", "123456"},
      {1e-7, "0.0000001", "1e-07"},
      {-2, "-2", "-2"},
      {1e21, "1000000000000000000000", "1e+21"},
      {infinity, "+Inf", "+Inf"},
      {-infinity, "-Inf", "-Inf"},
      {infinity - infinity, "NaN", "NaN"},
      {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
      {0, "0", "0"},
  };
  for (const auto& row : rows) {
    BOOST_TEST(print_decimal(row.number) == row.decimal);
    BOOST_TEST(print_plain(row.number) == row.plain);
  }
  BOOST_TEST(print_compact(Map{{"b", 1.5}, {"a", List{{"<x>", Value(), 1e-7}}}}) ==
             R"({"a":["\u003cx\u003e",null,1e-7],"b":1.5})");
}

}  // namespace
}  // namespace sluice::analysis::expression
