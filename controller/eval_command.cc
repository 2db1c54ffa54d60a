// `sluice eval`: tries a condition on a recorded result.
#include "controller/eval_command.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>

#include <boost/json.hpp>
#include <boost/program_options.hpp>
#include <fmt/format.h>

#include "analysis/expression/expression.h"
#include "analysis/prometheus_answer.h"
#include "analysis/value_json.h"
#include "kube/json.h"

namespace sluice::controller {
namespace {

namespace json = boost::json;
namespace po = boost::program_options;
using analysis::expression::Problem;
using analysis::expression::Value;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr const char* usage =
    R"(Tries a condition on a recorded result: prints what it comes to, or what is wrong with it and where.

Usage:
  sluice eval 'EXPRESSION' [--result FILE] [flags]

Examples:
  echo '[0.97]' | sluice eval 'len(result) > 0 && result[0] >= 0.95' --result -
  curl -s "$PROMETHEUS/api/v1/query?query=up" | sluice eval 'all(result, # == 1)' --from prometheus --result -

)";

po::options_description described() {
  po::options_description flags("Flags", 110, 60);
  // clang-format off
  flags.add_options()
    ("help,h", "print this help")
    ("result,r", po::value<std::string>(), "file with the result; - for standard input (default: the result is nil)")
    ("from", po::value<std::string>()->default_value("json"),
     "what the file holds: json, the value itself, as a web metric sees it (text that is no JSON is a string); "
     "prometheus, an answer of its query API")
    ("now", po::value<std::string>(), "what now() answers, as 2026-01-02T03:04:05Z (default: the time)")
    ("output,o", po::value<std::string>(), "json");
  // clang-format on
  return flags;
}

Result<std::string> read_all(const std::string& name, std::istream& in) {
  if (name == "-") return std::string{std::istreambuf_iterator<char>(in), {}};
  std::ifstream file(name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) return Error{Fault::not_found, "cannot read " + name};
  return text;
}

Result<Value> result_in(const std::string& text, const std::string& from) {
  if (from == "prometheus") {
    auto answer = analysis::read_prometheus_answer(200, "application/json", text);
    if (!answer) return answer.error();
    return std::move(answer->value);
  }
  const Result<json::value> parsed = kube::parse_json(text);
  return parsed ? analysis::value_from_json(*parsed) : Value(text);
}

struct Question {
  std::string expression;
  Value result;
  kube::Time now;
  bool as_json = false;
  bool help = false;
};

Result<Question> read_question(const std::vector<std::string>& arguments, kube::Time now, std::istream& in) {
  po::options_description all = described();
  all.add_options()("expression", po::value<std::vector<std::string>>());
  po::positional_options_description places;
  places.add("expression", -1);
  po::variables_map values;
  try {
    // An expression may begin with a minus; it is then given after --.
    po::store(po::command_line_parser(arguments).options(all).positional(places).run(), values);
  } catch (const po::error& error) {
    return Error{Fault::invalid, error.what()};
  }
  Question question;
  question.now = now;
  question.help = values.contains("help");
  if (question.help) return question;
  if (!values.contains("expression")) return Error{Fault::invalid, "say which condition to try"};
  const auto& expressions = values["expression"].as<std::vector<std::string>>();
  if (expressions.size() > 1) return Error{Fault::invalid, "one condition only; put it in quotes"};
  question.expression = expressions.front();
  if (values.contains("output")) {
    if (values["output"].as<std::string>() != "json") return Error{Fault::invalid, "--output must be json"};
    question.as_json = true;
  }
  const std::string from = values["from"].as<std::string>();
  if (from != "json" && from != "prometheus") return Error{Fault::invalid, "--from must be json or prometheus"};
  if (values.contains("now")) {
    const Result<kube::Time> given = kube::parse_time(values["now"].as<std::string>());
    if (!given) return Error{Fault::invalid, "--now: " + given.error().message};
    question.now = *given;
  }
  if (!values.contains("result")) return question;
  const Result<std::string> text = read_all(values["result"].as<std::string>(), in);
  if (!text) return text.error();
  Result<Value> result = result_in(*text, from);
  if (!result) return Error{Fault::invalid, "--result: " + result.error().message};
  question.result = std::move(*result);
  return question;
}

void print_problem(const Question& question, const Problem& problem, std::ostream& out, std::ostream& errors) {
  if (!question.as_json) {
    errors << "error: " << with_caret(problem, question.expression);
    return;
  }
  const auto place = place_of(problem, question.expression);
  out << kube::print_json_indented(
             json::object{{"error", problem.message}, {"line", place.line}, {"column", place.column}})
      << '\n';
}

void print_value(const Question& question, const Value& value, std::ostream& out) {
  const std::string type = analysis::expression::type_name(value);
  if (question.as_json)
    out << kube::print_json_indented(json::object{{"value", analysis::json_from_value(value)}, {"type", type}}) << '\n';
  else
    out << "value: " << analysis::expression::print_for_people(value) << "\ntype:  " << type << '\n';
}

}  // namespace

int run_eval(const std::vector<std::string>& arguments, kube::Time now, std::istream& in, std::ostream& out,
             std::ostream& errors) {
  const Result<Question> question = read_question(arguments, now, in);
  if (!question) {
    errors << "sluice eval: " << question.error().message << "\n`sluice eval --help` tells more.\n";
    return 2;
  }
  if (question->help) {
    out << usage << described();
    return 0;
  }
  const auto expression = analysis::expression::read(question->expression);
  const auto value = expression ? evaluate(*expression, question->result, question->now)
                                : analysis::expression::Answer<Value>(expression.error());
  if (value)
    print_value(*question, *value, out);
  else
    print_problem(*question, value.error(), out, errors);
  out.flush();
  if (!out) return 2;
  return value ? 0 : 1;
}

}  // namespace sluice::controller
