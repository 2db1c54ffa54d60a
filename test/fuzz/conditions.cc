// Throws texts at the condition language: reading, checking, running and printing must end, each in a value or a
// problem.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "analysis/cloud_watch_row.h"
#include "analysis/expression/expression.h"
#include "analysis/value_json.h"
#include "kube/json.h"

namespace {

using namespace sluice::analysis;
using expression::Value;

constexpr sluice::kube::Time now{std::chrono::seconds{1767323045}};

// What a condition may meet; the first byte of an input chooses.
const std::vector<Value>& results() {
  static const std::vector<Value> all = [] {
    std::vector<Value> made{{}, 0.97, "12", true};
    expression::List floats;
    floats.elements = expression::Kind::floating;
    floats.items = {1.0, 2.5, -3.0};
    made.emplace_back(std::move(floats));
    for (const char* text : {R"([{"v":1,"k":"a","t":"2024-01-02"},{"v":2,"k":"b"}])", "[]", "[10,20,\"x\",null,[1]]",
                             R"({"a":1,"b":{"c":[1,2]},"ok":true,"list":[{"value":"9901"}]})"})
      made.push_back(value_from_json(sluice::kube::parse_json(text).value()));
    made.push_back(value_of({CloudWatchRow{"m1", {}, "Complete", {now}, {0.5, 1}, {"note"}}}));
    return made;
  }();
  return all;
}

void demand(bool holds) {
  if (!holds) std::abort();
}

void demand_place(const expression::Problem& problem, std::string_view source) {
  demand(problem.at <= source.size());
  demand(!problem.message.empty());
  demand(!with_caret(problem, source).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Value& result = results()[data[0] % results().size()];
  const std::string source(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto expression = expression::read(source);
  demand(!expression::parse_condition(source).has_value() || expression.has_value());
  (void)expression::evaluate_time(source, now);
  if (!expression) {
    demand_place(expression.error(), source);
    return 0;
  }
  const auto value = evaluate(*expression, result, now);
  const auto again = evaluate(*expression, result, now);
  demand(value.has_value() == again.has_value());
  if (!value) {
    demand_place(value.error(), source);
    demand(again.error().message == value.error().message);
    return 0;
  }
  constexpr std::size_t limit = 1 << 16;
  demand(print_plain(*value, limit) == print_plain(*again, limit));
  const std::string compact = print_compact(*value, limit);
  // What was not cut short is JSON, provided that its texts are UTF-8.
  if (compact.size() < limit) (void)sluice::kube::parse_json(compact);
  (void)print_indented(*value, limit);
  (void)print_short(*value);
  (void)json_from_value(*value);
  return 0;
}
