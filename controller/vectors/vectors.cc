// `sluice vectors`: from a line to the operation that it names, and back.
#include "controller/vectors/vectors.h"

#include <algorithm>
#include <exception>
#include <istream>
#include <ostream>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::controller {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

Result<json::value> answer(const json::value& question, std::span<const VectorOperation> operations) {
  if (!question.is_object()) return Error{Fault::invalid, "a line must be an object {\"id\", \"op\", \"in\"}"};
  const std::string_view name = kube::text_at(question, {"op"});
  if (name.empty()) return Error{Fault::invalid, "op is missing"};
  const auto operation = std::ranges::find(operations, name, &VectorOperation::name);
  if (operation == operations.end()) return Error{Fault::invalid, fmt::format("there is no op \"{}\"", name)};
  const json::value* in = question.get_object().if_contains("in");
  if (!in) return Error{Fault::invalid, "in is missing"};
  try {
    return operation->answer(*in);
  } catch (const std::exception& error) {
    return Error{Fault::internal, error.what()};
  }
}

}  // namespace

std::string answer_line(std::string_view line, std::span<const VectorOperation> operations) {
  Result<json::value> question = kube::parse_json(line);
  Result<json::value> found = question ? answer(*question, operations) : Result<json::value>(question.error());
  json::object answered{{"id", nullptr}};
  if (question && question->is_object())
    if (const json::value* id = question->get_object().if_contains("id")) answered["id"] = *id;
  if (found)
    answered["out"] = std::move(*found);
  else
    answered["error"] = found.error().message;
  return kube::print_json(answered);
}

bool answer_lines(std::istream& in, std::ostream& out, std::span<const VectorOperation> operations) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    // Flushed line by line, so that a program may ask the next question after it has seen the answer.
    out << answer_line(line, operations) << '\n' << std::flush;
  }
  return out.good();
}

}  // namespace sluice::controller
