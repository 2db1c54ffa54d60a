// `plan-exposure`: how long must a canary run, and with how much traffic, until a comparison has an answer?
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/metric.h"
#include "kube/json.h"
#include "kubectl/command.h"
#include "kubectl/exposure.h"
#include "kubectl/flag_numbers.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

double number(const Call& call, const char* flag, double least, double most) {
  return flag_number(flag, call.text(flag), least, most);
}

// Of a flag that may be repeated, and hold several with commas.
std::vector<double> numbers(const Call& call, const char* flag, double least, double most) {
  std::vector<double> values;
  for (const std::string& text : call.flags[flag].as<std::vector<std::string>>())
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find(',', at), text.size());
      values.push_back(flag_number(flag, text.substr(at, end - at), least, most));
      at = end + 1;
    }
  return values;
}

kube::Duration duration(const Call& call, const char* flag) {
  const kube::Result<kube::Duration> parsed = kube::parse_duration(call.text(flag));
  if (!parsed) throw UsageError(fmt::format("--{}: {}", flag, parsed.error().message));
  if (*parsed < std::chrono::seconds{1}) throw UsageError(fmt::format("--{}: must be at least 1s", flag));
  return *parsed;
}

ExposureQuestion question_of(const Call& call) {
  if (!call.has("rps") || !call.has("base-rate"))
    throw UsageError("--rps and --base-rate are required: the traffic, and how much of it is bad today");
  crds::Metric metric;
  crds::Compare& compare = metric.compare.obtain();
  compare.kind = "errorRate";
  ExposureQuestion question;
  question.rps = number(call, "rps", 1e-6, 1e9);
  question.base_rate = number(call, "base-rate", 1e-9, .9);
  question.shares = numbers(call, "share", 1e-4, .999);
  question.effects = numbers(call, "effect", 1.0001, 1e6);
  question.wanted = number(call, "probability", .01, .99);
  compare.alpha = number(call, "alpha", 1e-9, .5);
  compare.beta = number(call, "beta", 1e-9, .5);
  compare.tolerance = number(call, "tolerance", 1, 1e6);
  compare.absolute_tolerance = number(call, "absolute-tolerance", 0, 1);
  compare.minimum_effect = question.effects.front();
  compare.model = call.text("model");
  compare.block = call.text("block");
  if (compare.model != "clustered" && compare.model != "independent")
    throw UsageError("--model must be clustered or independent");
  for (const double effect : question.effects)
    if (effect <= *compare.tolerance) throw UsageError("--effect must be greater than --tolerance");
  duration(call, "block");
  question.duration = std::chrono::duration<double>(duration(call, "duration")).count();
  question.settings = analysis::compare::settings_of(metric, .01);
  return question;
}

json::value finite(double value) { return std::isfinite(value) ? json::value(value) : json::value(); }

std::string json_of(const ExposurePlan& plan) {
  json::array rows;
  for (const Exposure& row : plan.rows)
    rows.push_back(json::object{{"share", row.share},
                                {"effect", row.effect == 0 ? json::value() : json::value(row.effect)},
                                {"verdict", row.effect == 0 ? "pass" : "fail"},
                                {"typicalSeconds", finite(row.typical)},
                                {"sureSeconds", finite(row.sure)},
                                {"canaryRequests", finite(row.canary_requests)},
                                {"probabilityWithinDuration", row.within}});
  json::array promised;
  for (std::size_t i = 0; i < plan.promised.size(); ++i)
    promised.push_back(json::object{{"share", plan.question.shares[i]}, {"effect", finite(plan.promised[i])}});
  const json::object whole{{"rps", plan.question.rps},
                           {"baseRate", plan.question.base_rate},
                           {"durationSeconds", plan.question.duration},
                           {"probability", plan.question.wanted},
                           {"rows", std::move(rows)},
                           {"found", std::move(promised)}};
  return kube::print_json_indented(whole) + "\n";
}

int plan(const Call& call) {
  const std::string format = call.text("output");
  if (!format.empty() && format != "json") throw UsageError("--output must be json");
  const ExposurePlan planned = plan_exposure(question_of(call));
  std::fputs((format == "json" ? json_of(planned) : exposure_text(planned)).c_str(), stdout);
  return 0;
}

}  // namespace

void add_plan_exposure(std::vector<Command>& commands) {
  Command command{{"plan-exposure"},
                  {},
                  "--rps N --base-rate RATE",
                  "say how long a canary must run until a comparison (metrics[].compare) has an answer",
                  no_name,
                  {},
                  plan};
  using Texts = std::vector<std::string>;
  // clang-format off
  command.flags.add_options()
    ("rps", po::value<std::string>(), "requests per second of canary and stable version together")
    ("base-rate", po::value<std::string>(), "bad requests of the stable version: 0.3% or 0.003")
    ("share", po::value<Texts>()->composing()->default_value(Texts{"5%", "10%", "25%", "50%"}, "5%,10%,25%,50%"), "of the canary; may be repeated")
    ("effect", po::value<Texts>()->composing()->default_value(Texts{"2", "3", "6"}, "2,3,6"), "how many times as bad; the first is minimumEffect")
    ("duration", po::value<std::string>()->default_value("30m"), "how long the gate lasts")
    ("probability", po::value<std::string>()->default_value("0.8"), "how sure it is to be")
    ("alpha", po::value<std::string>()->default_value("0.01"), "chance to fail a harmless canary")
    ("beta", po::value<std::string>()->default_value("0.05"), "chance to pass a canary as bad as minimumEffect")
    ("tolerance", po::value<std::string>()->default_value("1.25"), "a ratio that is harmless")
    ("absolute-tolerance", po::value<std::string>()->default_value("0"), "a rate that is harmless beside it")
    ("model", po::value<std::string>()->default_value("clustered"), "clustered or independent")
    ("block", po::value<std::string>()->default_value("30s"), "how much time is judged at once")
    ("output,o", po::value<std::string>(), "json");
  // clang-format on
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
