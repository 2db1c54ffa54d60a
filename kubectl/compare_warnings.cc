// Warnings about gates that compare.
#include "kubectl/compare_warnings.h"

#include <cmath>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/decode.h"
#include "crds/rollout.h"
#include "crds/validate_compare.h"
#include "kube/json.h"
#include "kubectl/exposure.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

bool uses(const crds::RolloutAnalysis& analysis, const std::string& name) {
  for (const crds::TemplateReference& reference : analysis.templates)
    if (reference.template_name == name) return true;
  return false;
}

// The weights under which a template of this name is measured.
std::set<int> weights_with(const std::vector<json::value>& manifests, const std::string& name) {
  std::set<int> weights;
  for (const json::value& object : manifests) {
    if (kube::text_at(object, {"kind"}) != "Rollout") continue;
    kube::Mistakes ignored;
    const auto rollout = crds::decode_rollout(object, ignored);
    const auto& canary = rollout->spec->strategy.canary;
    if (!canary) continue;
    const bool background = canary->analysis && uses(canary->analysis->analysis, name);
    int weight = 0;
    for (const crds::CanaryStep& step : canary->steps) {
      if (step.set_weight) weight = *step.set_weight;
      const bool here = step.analysis && uses(*step.analysis, name);
      if ((here || background) && weight > 0 && weight < 100) weights.insert(weight);
    }
  }
  return weights;
}

std::string gate_text(const crds::Metric& metric, const ExposureQuestion& question, const Exposure& row,
                      double promised) {
  std::string text = fmt::format(
      "gate \"{}\" detects a {:g}x regression within its {} with probability ~{:.0f} % at {:g} rps x {:g} % (typical: "
      "{})",
      metric.name, row.effect, exposure_time(question.duration), std::round(row.within * 10) * 10, question.rps,
      row.share * 100, exposure_time(row.typical));
  if (row.within >= .8) return text;
  text += std::isfinite(promised) ? fmt::format("; it can promise {:.2g}x", promised) : "; it can promise nothing";
  return text + ". Raise the share, the duration, or minimumEffect.";
}

class Warnings {
 public:
  Warnings(const std::vector<json::value>& manifests, const std::optional<ExpectedTraffic>& traffic)
      : manifests_(manifests), traffic_(traffic) {}

  GateWarnings run() {
    for (const json::value& object : manifests_) {
      const std::string_view kind = kube::text_at(object, {"kind"});
      const std::string name(kube::text_at(object, {"metadata", "name"}));
      const std::string label = std::string(kind) + " " + name;
      kube::Mistakes ignored;
      if (kind == "AnalysisTemplate" || kind == "ClusterAnalysisTemplate") {
        crds::AnalysisRunSpec spec;
        const auto decoded = crds::decode_analysis_template(object, ignored);
        spec.metrics = decoded->spec->metrics;
        spec.dry_run = decoded->spec->dry_run;
        warn(label, name, spec);
      }
      if (kind == "AnalysisRun") warn(label, "", *crds::decode_analysis_run(object, ignored)->spec);
    }
    return std::move(warnings_);
  }

 private:
  void warn(const std::string& label, const std::string& name, const crds::AnalysisRunSpec& spec) {
    for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
      const crds::Metric& metric = spec.metrics[i];
      const std::string at = fmt::format("spec.metrics[{}]", i);
      for (const kube::Mistake& warning : crds::warnings_of_compare(metric, at))
        warnings_.findings.push_back({label, warning.path, warning.message});
      const bool has_rates = metric.compare && metric.compare->kind == "errorRate";
      if (has_rates && traffic_ && crds::validate_compare(metric, at).empty())
        plan(label, at, name, metric, analysis::compare::alpha_of_each(spec));
    }
  }

  void plan(const std::string& label, const std::string& at, const std::string& name, const crds::Metric& metric,
            double alpha) {
    std::set<int> weights = weights_with(manifests_, name);
    if (weights.empty()) weights.insert(10);
    ExposureQuestion question;
    question.rps = traffic_->rps;
    question.base_rate = traffic_->base_rate;
    question.settings = analysis::compare::settings_of(metric, alpha);
    question.duration = static_cast<double>(question.settings.max_duration.count()) / 1e6;
    question.effects = {question.settings.effect};
    for (const int weight : weights) question.shares.push_back(weight / 100.0);
    const ExposurePlan planned = plan_exposure(question);
    std::size_t share = 0;
    bool any_strong = false;
    for (const Exposure& row : planned.rows) {
      if (row.effect == 0) {
        ++share;
        continue;
      }
      any_strong |= row.within >= .5;
      warnings_.findings.push_back({label, at + ".compare", gate_text(metric, question, row, planned.promised[share])});
    }
    warnings_.is_weak |= !any_strong;
  }

  const std::vector<json::value>& manifests_;
  const std::optional<ExpectedTraffic>& traffic_;
  GateWarnings warnings_;
};

}  // namespace

GateWarnings warn_of_comparisons(const std::vector<json::value>& manifests,
                                 const std::optional<ExpectedTraffic>& traffic) {
  return Warnings(manifests, traffic).run();
}

}  // namespace sluice::kubectl
