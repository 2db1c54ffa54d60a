// Canary: Services, sizes, traffic routing, and then every step.
#include <charconv>

#include <fmt/format.h>

#include "crds/field_error.h"
#include "crds/pause_duration.h"
#include "crds/validate_experiment_step.h"
#include "crds/validate_strategy.h"

namespace sluice::crds {
namespace {

constexpr std::string_view both_services = "Canary service and Stable service must to be set to use Traffic Routing";
constexpr std::string_view not_negative = "must be greater than or equal to 0";

// The number in "25", "25%" or 25; nullopt for any other text.
bool is_zero(const Seldom<kube::IntOrString>& value) { return value && amount_in(*value) == 0; }

kube::Mistake invalid_amount(std::string path, const kube::IntOrString& value, std::string_view detail) {
  if (value.is_int()) return invalid(std::move(path), std::get<0>(value.value), detail);
  return invalid(std::move(path), std::get<1>(value.value), detail);
}

class Check {
 public:
  explicit Check(const RolloutSpec& spec) : strategy_(*spec.strategy.canary), template_(spec.pod_template) {
    if (strategy_.traffic_routing) routing_ = &*strategy_.traffic_routing;
  }

  kube::Mistakes run() {
    check_sizes();
    check_services();
    check_ping_pong();
    check_needed_services();
    check_routing();
    for (std::size_t at = 0; at < strategy_.steps.size(); ++at) check_step(strategy_.steps[at], at);
    validate_anti_affinity(strategy_.anti_affinity, mistakes_);
    check_amounts();
    return std::move(mistakes_);
  }

 private:
  void say(kube::Mistake mistake) { add(mistakes_, std::move(mistake)); }
  bool has_plugins() const { return routing_ && !routing_->plugins.empty(); }

  void check_sizes() {
    if (is_zero(strategy_.max_surge) && is_zero(strategy_.max_unavailable))
      say(invalid_amount("spec.strategy.maxSurge", *strategy_.max_surge,
                         "MaxSurge and MaxUnavailable both can not be zero"));
  }

  void check_services() {
    if (!strategy_.stable_service.empty() && strategy_.stable_service == strategy_.canary_service)
      say(invalid("spec.strategy.stableService", strategy_.stable_service,
                  "This rollout uses the same service for the stable and canary services, but two different services "
                  "are required."));
  }

  void check_ping_pong() {
    if (!strategy_.ping_pong) return;
    const PingPong& services = *strategy_.ping_pong;
    const std::string at = "spec.strategy.pingPong.";
    if (routing_ && !routing_->alb && !routing_->istio && routing_->plugins.empty())
      say(invalid("spec.strategy.trafficRouting.alb",
                  "Ping-pong feature works with the ALB, Istio, and plugin-based traffic routers only"));
    constexpr std::string_view both = "Ping service and Pong service must to be set to use Ping-Pong feature";
    if (services.ping_service.empty()) say(invalid(at + "pingService", "", both));
    if (services.pong_service.empty()) say(invalid(at + "pongService", "", both));
    if (services.ping_service == services.pong_service)
      say(invalid(at + "pingService", services.ping_service,
                  "This rollout uses the same service for the ping and pong services, but two different services are "
                  "required."));
    if (routing_ && routing_->alb && routing_->alb->root_service.empty())
      say(invalid("spec.strategy.trafficRouting.alb.rootService", "",
                  "Root service field is required for the configuration with ALB and ping-pong feature enabled"));
  }

  bool needs_services() const {
    if (!routing_) return false;
    const bool ping_pong = strategy_.ping_pong.has_value();
    return (routing_->alb && !ping_pong) || (routing_->istio && !routing_->istio->destination_rule && !ping_pong) ||
           routing_->smi || routing_->apisix || routing_->ambassador || routing_->nginx || routing_->app_mesh ||
           routing_->traefik || routing_->plugins.contains(std::string(gateway_api_plugin));
  }

  void check_needed_services() {
    if (!needs_services()) return;
    if (strategy_.stable_service.empty()) say(invalid("spec.strategy.stableService", "", both_services));
    if (strategy_.canary_service.empty()) say(invalid("spec.strategy.canaryService", "", both_services));
  }

  void check_routing() {
    const std::string at = "spec.strategy.";
    if (strategy_.scale_down_delay_seconds && !routing_)
      say(invalid(at + "scaleDownDelaySeconds", *strategy_.scale_down_delay_seconds,
                  "Canary scaleDownDelaySeconds can only be used with traffic routing"));
    if (strategy_.dynamic_stable_scale && !routing_)
      say({at + "dynamicStableScale",
           "Invalid value: true: Canary dynamicStableScale can only be used with traffic routing"});
    if (strategy_.dynamic_stable_scale && strategy_.scale_down_delay_seconds)
      say({at + "dynamicStableScale",
           "Invalid value: true: Canary dynamicStableScale cannot be used with scaleDownDelaySeconds"});
    if (!routing_) return;
    if (routing_->max_traffic_weight && !routing_->nginx && routing_->plugins.empty())
      say(invalid(at + "trafficRouting.maxTrafficWeight", *routing_->max_traffic_weight,
                  "Canary maxTrafficWeight in traffic routing only supported in Nginx and Plugins"));
    if (routing_->max_traffic_weight && *routing_->max_traffic_weight < 1)
      say(invalid(at + "trafficRouting.maxTrafficWeight", *routing_->max_traffic_weight, "must be greater than 0"));
    if (routing_->max_traffic_weight.value_or(100) != 100 && (routing_->istio || routing_->alb))
      say(invalid(at + "trafficRouting.maxTrafficWeight", *routing_->max_traffic_weight,
                  "the weights of Istio and ALB always sum to 100"));
    if (*routing_ == TrafficRouting{})
      say(required("spec.strategy.canary.trafficRouting", "name a router, such as plugins: argoproj-labs/gatewayAPI"));
  }

  void check_step(const CanaryStep& step, std::size_t index) {
    const std::string at = fmt::format("spec.strategy.steps[{}]", index);
    check_kind(step, at);
    const std::int32_t most = routing_ ? routing_->max_traffic_weight.value_or(100) : 100;
    if (step.set_weight && (*step.set_weight < 0 || *step.set_weight > most))
      say(invalid(at + ".setWeight", *step.set_weight, fmt::format("SetWeight needs to be between 0 and {}", most)));
    if (step.pause) check_pause(*step.pause, at + ".pause.duration");
    if (step.set_canary_scale) check_scale(*step.set_canary_scale, at + ".setCanaryScale");
    if (step.set_header_route) check_header_route(*step.set_header_route, at + ".setHeaderRoute");
    if (step.set_mirror_route) check_mirror_route(*step.set_mirror_route, at + ".setMirrorRoute");
    if (step.experiment) {
      check_experiment(*step.experiment, at + ".experiment");
      for (kube::Mistake& mistake :
           validate_experiment_step(*step.experiment, at + ".experiment", template_, weight_before(index), most))
        say(std::move(mistake));
    }
    if (step.analysis) check_arguments(step.analysis->args, at + ".analyses");
    if (step.experiment)
      for (const ExperimentStepAnalysis& analysis : step.experiment->analyses)
        check_arguments(analysis.args, at + ".analyses");
  }

  // The canary's share when the step with this index begins.
  std::int32_t weight_before(std::size_t index) const {
    std::int32_t weight = 0;
    for (std::size_t at = 0; at < index; ++at) weight = strategy_.steps[at].set_weight.value_or(weight);
    return weight;
  }

  void check_kind(const CanaryStep& step, const std::string& at) {
    const int exclusive =
        step.set_weight.has_value() + step.pause.has_value() + step.experiment.has_value() + step.analysis.has_value();
    const bool other = step.set_canary_scale || step.set_header_route || step.set_mirror_route || step.plugin;
    if (exclusive > 1 || (exclusive == 0 && !other))
      say(invalid(at,
                  "Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause"));
  }

  void check_pause(const PauseStep& pause, std::string path) {
    const auto duration = pause_duration(pause);
    if (!duration) say(invalid_amount(std::move(path), *pause.duration, duration.error().message));
  }

  void check_scale(const SetCanaryScale& scale, const std::string& at) {
    if (!routing_) say(required("spec.strategy.trafficRouting", "SetCanaryScale requires TrafficRouting to be set"));
    if (scale.weight && *scale.weight < 0) say(invalid(at + ".weight", *scale.weight, not_negative));
    if (scale.replicas && *scale.replicas < 0) say(invalid(at + ".replicas", *scale.replicas, not_negative));
  }

  void check_managed(const std::string& name, const std::string& at) {
    if (!routing_ || routing_->managed_routes.empty())
      return say(required("spec.strategy.trafficRouting.managedRoutes",
                          "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'"));
    for (const NamedReference& route : routing_->managed_routes)
      if (route.name == name) return;
    say(invalid(at, name,
                "Steps define a route that does not exist in spec.strategy.canary.trafficRouting.managedRoutes"));
  }

  void check_match(const std::optional<StringMatch>& match, const std::string& at) {
    if (!match) return;
    const int set = !match->exact.empty() + !match->prefix.empty() + !match->regex.empty();
    if (set == 0)
      say(invalid(at, "StringMatch value missed, match value must have one of the following: exact, regex, prefix"));
    if (set > 1)
      say(invalid(at, "StringMatch match value must have exactly one of the following: exact, regex, prefix"));
  }

  void check_header_route(const SetHeaderRoute& route, const std::string& at) {
    if (!routing_ || (!routing_->istio && !routing_->alb && !routing_->apisix && !has_plugins()))
      say(invalid(at, route.name, "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix"));
    for (std::size_t index = 0; index < route.match.size(); ++index) {
      const std::string path = fmt::format("{}.match[{}]", at, index);
      const std::optional<StringMatch>& value = route.match[index].header_value;
      const bool exact_only = routing_ && routing_->alb;
      if (exact_only && (!value || value->exact.empty() || !value->regex.empty() || !value->prefix.empty()))
        say(invalid(path, "SetHeaderRoute match value invalid. ALB supports 'exact' value only"));
      else if (!exact_only)
        check_match(value ? value : StringMatch{}, path);
    }
    check_managed(route.name, at);
  }

  void check_mirror_route(const SetMirrorRoute& route, const std::string& at) {
    if (!routing_ || (!routing_->istio && !has_plugins()))
      say(invalid(at, route.name, "SetMirrorRoute requires TrafficRouting, supports Istio and Plugins"));
    for (std::size_t index = 0; index < route.match.size(); ++index) {
      const std::string path = fmt::format("{}.match[{}]", at, index);
      check_match(route.match[index].method, path);
      check_match(route.match[index].path, path);
      for (const auto& header : route.match[index].headers) check_match(header.second, path);
    }
    check_managed(route.name, at);
  }

  void check_experiment(const ExperimentStep& experiment, const std::string& at) {
    for (std::size_t index = 0; index < experiment.templates.size(); ++index) {
      const std::optional<std::int32_t>& weight = experiment.templates[index].weight;
      if (!weight) continue;
      const std::string path = fmt::format("{}.templates[{}].weight", at, index);
      if (!routing_)
        say(invalid(path, *weight, "Experiment template weight cannot be set unless TrafficRouting is enabled"));
      else if (!routing_->alb && !routing_->smi && !routing_->istio && !has_plugins())
        say(invalid(path, *weight,
                    "Experiment template weight is only available for TrafficRouting with SMI, ALB, Istio and Plugins "
                    "at this time"));
    }
  }

  // metadata.name, .namespace, .uid, .labels, .annotations, and ['key'] after the last two.
  static bool is_metadata_path(std::string_view path) {
    for (const std::string_view known :
         {"metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"})
      if (path == known) return true;
    for (const std::string_view map : {"metadata.labels['", "metadata.annotations['"})
      if (path.starts_with(map) && path.ends_with("']") && path.size() > map.size() + 2) return true;
    return false;
  }

  void check_arguments(const std::vector<Argument>& arguments, const std::string& at) {
    for (const Argument& argument : arguments) {
      if (!argument.value_from || !argument.value_from->field_ref) continue;
      const std::string& path = argument.value_from->field_ref->field_path;
      if (path.starts_with("metadata") && !is_metadata_path(path))
        say(invalid(at, path, "Analyses arguments must refer to valid object metadata supported by downwardAPI"));
    }
  }

  // What the reference takes silently as something else.
  void check_amounts() {
    const std::string at = "spec.strategy.canary.";
    validate_amount(strategy_.max_surge, at + "maxSurge", mistakes_);
    validate_amount(strategy_.max_unavailable, at + "maxUnavailable", mistakes_);
    for (const auto& [name, value] :
         {std::pair{"scaleDownDelaySeconds", strategy_.scale_down_delay_seconds},
          std::pair{"scaleDownDelayRevisionLimit", strategy_.scale_down_delay_revision_limit},
          std::pair{"abortScaleDownDelaySeconds", strategy_.abort_scale_down_delay_seconds}})
      if (value && *value < 0) say(invalid(at + name, *value, not_negative));
    if (strategy_.min_pods_per_replica_set && *strategy_.min_pods_per_replica_set < 0)
      say(invalid(at + "minPodsPerReplicaSet", *strategy_.min_pods_per_replica_set, not_negative));
    check_threshold(at + "replicaProgressThreshold");
    if (!strategy_.analysis || !strategy_.analysis->starting_step) return;
    const std::int64_t first = *strategy_.analysis->starting_step;
    const auto steps = static_cast<std::int64_t>(strategy_.steps.size());
    if (first < 0 || first > steps)
      say(invalid(at + "analysis.startingStep", first, fmt::format("must be between 0 and the {} steps", steps)));
  }

  // A negative value stands for none, a type other than Percent for pods.
  void check_threshold(const std::string& at) {
    const Seldom<ReplicaProgressThreshold>& threshold = strategy_.replica_progress_threshold;
    if (threshold && threshold->type == "Percent" && threshold->value > 100)
      say(invalid(at + ".value", threshold->value, "must be between 0 and 100 when the type is Percent"));
  }

  const CanaryStrategy& strategy_;
  const PodTemplatePointer& template_;  // null with a workloadRef
  const TrafficRouting* routing_ = nullptr;
  kube::Mistakes mistakes_;
};

}  // namespace

kube::Mistakes validate_canary(const RolloutSpec& spec) { return Check(spec).run(); }

}  // namespace sluice::crds
