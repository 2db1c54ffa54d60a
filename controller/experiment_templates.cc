// The templates of an Experiment: a ReplicaSet and perhaps a Service for each, from nothing to 0 pods again.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "controller/draft.h"
#include "controller/experiment_draft.h"
#include "controller/keys.h"
#include "crds/container_ports.h"
#include "crds/pod_template_hash.h"
#include "crds/validate_experiment.h"

namespace sluice::controller {
namespace {

using ServicePointer = std::shared_ptr<const crds::Service>;
using Why = RefusedCreation::Why;

constexpr std::int32_t default_progress_deadline = 600;
constexpr std::int32_t default_scale_down_delay = 30;

// Salted with the names of Experiment and template, so that neither a Rollout's set with the same template nor another
// template of the Experiment shares it, and with it the Services.
std::string hash_for(const crds::Experiment& experiment, const crds::ExperimentTemplate& one) {
  const auto salted = crds::with_label(*one.pod_template, keys::experiment_name, experiment.meta.name + "/" + one.name);
  return salted ? crds::pod_template_hash(*salted) : std::string();
}

std::string service_name_of(const crds::Experiment& experiment, const crds::ExperimentTemplate& one) {
  if (!one.service) return {};
  return one.service->name.empty() ? crds::experiment_object_name(experiment.meta.name, one.name) : one.service->name;
}

// One template in one decision.
class TemplateRun {
 public:
  TemplateRun(ExperimentDraft& draft, const crds::ExperimentTemplate& one)
      : draft_(draft), template_(one), base_(crds::experiment_object_name(draft.experiment.meta.name, one.name)) {
    status_.name = one.name;
    const auto recorded = std::find_if(draft.before.template_statuses.begin(), draft.before.template_statuses.end(),
                                       [&](const auto& status) { return status.name == one.name; });
    is_new_ = recorded == draft.before.template_statuses.end();
    if (!is_new_) before_ = status_ = *recorded;
    if (status_.status.empty()) status_.status = "Progressing";
    if (!status_.last_transition_time) status_.last_transition_time = draft.stamp;
    for (const ReplicaSetPointer& set : draft.seen.replica_sets)
      if (set && is_of_template(*set)) sets_.push_back(set);
    wanted_ = draft.is_terminating || is_final(before_.status) ? 0 : std::max(0, one.replicas.value_or(1));
  }

  crds::ExperimentTemplateStatus run() {
    if (sets_.size() > 1 && wanted_ > 0)
      fail("Error", fmt::format("multiple ReplicaSets match single experiment template: {}", template_.name));
    if (wanted_ > 0 && sets_.empty()) create();
    for (const ReplicaSetPointer& set : sets_) wanted_ > 0 ? keep_size(set) : scale_down(set);
    plan_services();
    count();
    judge();
    if (status_.status != before_.status) tell_of_change();
    draft_.has_progressed |= is_new_;
    return std::move(status_);
  }

  // Of a template that is not in the spec any more.
  void end() {
    for (const ReplicaSetPointer& set : sets_) scale_down(set);
    plan_services();
  }

 private:
  bool is_of_template(const crds::ReplicaSet& set) const {
    if (!draft_.is_ours(set.meta) || set.meta.deletion_time) return false;
    const std::string* name = set.meta.annotations.find(keys::experiment_template);
    return name ? *name == template_.name : set.meta.name == base_;
  }

  void fail(std::string_view status, std::string message) {
    if (is_final(status_.status)) return;
    status_.status = crds::Word(status);
    status_.message = std::move(message);
    status_.last_transition_time = draft_.stamp;
  }

  // The set of this name is another owner's.
  bool is_taken(const std::string& name) const {
    const auto is_foreign = [&](const ReplicaSetPointer& set) {
      return set && set->meta.name == name && !draft_.is_ours(set->meta);
    };
    return draft_.is_taken("ReplicaSet", name) ||
           std::any_of(draft_.seen.replica_sets.begin(), draft_.seen.replica_sets.end(), is_foreign);
  }

  // What the server said against making an object ends the template or holds it up. Answers whether it may be tried.
  bool may_make(std::string_view kind, const std::string& name) {
    const RefusedCreation* refused = draft_.refusal_of(kind, name);
    if (!refused) return true;
    const std::string what = kind == "ReplicaSet" ? "ReplicaSet" : fmt::format("{} {}", kind, name);
    const std::string why =
        fmt::format("Failed to create {} for template '{}': {}", what, template_.name, refused->message);
    if (refused->why == Why::invalid) {
      fail("Error", why);
      return false;
    }
    if (draft_.now >= refused->retry_at) return true;
    draft_.wake(refused->retry_at);
    draft_.hold("api", why, "the API server makes it");
    return false;
  }

  void create() {
    const std::string hash = hash_for(draft_.experiment, template_);
    std::string name = base_;
    if (is_taken(name)) {
      name = base_ + "-" + hash;
      status_.collision_count = 1;
    }
    if (is_taken(name))
      return fail("Error", fmt::format("Failed to create ReplicaSet for template '{}': replicasets.apps \"{}\" already "
                                       "exists and is not owned by this experiment",
                                       template_.name, base_));
    if (is_final(status_.status) || !may_make("ReplicaSet", name)) return;
    CreateReplicaSet set;
    set.name = name;
    set.labels = template_.pod_template->labels;
    set.labels.set(keys::hash_label, hash);
    set.annotations.set(keys::experiment_name, draft_.experiment.meta.name);
    set.annotations.set(keys::experiment_template, template_.name);
    set.owner = draft_.owner();
    set.replicas = wanted_;
    set.min_ready_seconds = template_.min_ready_seconds;
    if (template_.selector) set.selector = *template_.selector;
    set.selector.match_labels.set(keys::hash_label, hash);
    set.pod_template = template_.pod_template;
    set.hash = hash;
    draft_.write(std::move(set),
                 {{false, "NewReplicaSetCreated", fmt::format("Created ReplicaSet {}", name)},
                  {false, "ScalingReplicaSet", fmt::format("Scaled up ReplicaSet {} from 0 to {}", name, wanted_)}},
                 Event{false, "ReplicaSetCreateError", fmt::format("Failed to create new replica set \"{}\": ", name)});
  }

  void keep_size(const ReplicaSetPointer& set) {
    if (set->desired() != wanted_) return resize(set, wanted_, {std::string(keys::scale_down_deadline)});
    if (!has_deadline(set)) return;
    AnnotateReplicaSet change;
    change.name = set->meta.name;
    change.precondition = precondition_of(set->meta);
    change.remove_annotations.emplace_back(keys::scale_down_deadline);
    draft_.write(std::move(change));
  }

  void resize(const ReplicaSetPointer& set, int size, std::vector<std::string> removed) {
    ScaleReplicaSet scaling;
    scaling.name = set->meta.name;
    scaling.precondition = precondition_of(set->meta);
    scaling.from = set->desired();
    scaling.replicas = size;
    if (has_deadline(set)) scaling.remove_annotations = std::move(removed);
    const std::string_view way = size > set->desired() ? "up" : "down";
    status_.last_transition_time = draft_.stamp;
    draft_.write(std::move(scaling),
                 {{false, "ScalingReplicaSet",
                   fmt::format("Scaled {} ReplicaSet {} from {} to {}", way, set->meta.name, set->desired(), size)}},
                 Event{true, "ReplicaSetUpdateError", fmt::format("Failed to scale {} {}: ", set->meta.name, way)});
  }

  bool is_service_of_template(const ServicePointer& service) const {
    return service && !service->meta.deletion_time && draft_.is_ours(service->meta) &&
           service->meta.annotations.get(keys::experiment_template) == template_.name;
  }

  // Requests may still be sent to its pods through this Service; "" for none.
  std::string routed_service() const {
    for (const ServicePointer& service : draft_.seen.services)
      if (is_service_of_template(service) && draft_.seen.routed_services.contains(service->meta.name))
        return service->meta.name;
    return {};
  }

  void scale_down(const ReplicaSetPointer& set) {
    if (set->desired() == 0) return;
    const Duration delay =
        kube::seconds(std::max(0, draft_.spec.scale_down_delay_seconds.value_or(default_scale_down_delay)));
    std::optional<Time> due = deadline_of(set);
    if (!due && delay > Duration::zero()) {
      due = whole_second_after(draft_.now + delay);
      AnnotateReplicaSet mark;
      mark.name = set->meta.name;
      mark.precondition = precondition_of(set->meta);
      mark.set_annotations.set(keys::scale_down_deadline, kube::format_time(*due));
      draft_.write(std::move(mark));
    }
    if (due && draft_.now < *due) {
      draft_.wake(*due);
      draft_.hold("delay",
                  fmt::format("ReplicaSet {} keeps its pods until {}", set->meta.name, kube::format_time(*due)),
                  "scaleDownDelaySeconds passes");
      return;
    }
    // Its pods go after the requests.
    if (const std::string service = routed_service(); !service.empty())
      return draft_.hold("route", fmt::format("requests are still routed to Service {}", service),
                         "the Rollout takes it out of its routes");
    resize(set, 0, {});
  }

  void plan_services() {
    const std::string name = service_name_of(draft_.experiment, template_);
    const bool has_pods = std::any_of(sets_.begin(), sets_.end(),
                                      [](const auto& set) { return set->desired() > 0 || set->status.replicas > 0; });
    const bool is_kept = !name.empty() && (wanted_ > 0 || has_pods);
    status_.service_name.clear();
    bool is_there = false;
    for (const ServicePointer& service : draft_.seen.services) {
      if (!service || service->meta.deletion_time) continue;
      const bool is_ours = is_service_of_template(service);
      const bool is_named = service->meta.name == name;
      if (is_named && is_kept) {
        is_there = true;
        if (is_ours)
          status_.service_name = name;
        else if (wanted_ > 0)
          fail("Error",
               fmt::format("Failed to create Service {0} for template '{1}': service {0} already exists and is "
                           "not owned by experiment template {1}",
                           name, template_.name));
      } else if (is_ours && !draft_.seen.routed_services.contains(service->meta.name)) {
        draft_.write(DeleteService{service->meta.name, {service->meta.uid, ""}});
      }
    }
    if (is_kept && wanted_ > 0 && !is_there && !sets_.empty()) create_service(name);
  }

  void create_service(const std::string& name) {
    if (draft_.is_taken("Service", name) || is_final(status_.status) || !may_make("Service", name)) return;
    CreateService service;
    service.name = name;
    service.annotations.set(keys::experiment_name, draft_.experiment.meta.name);
    service.annotations.set(keys::experiment_template, template_.name);
    service.owner = draft_.owner();
    service.selector = sets_.front()->meta.labels;
    service.ports = crds::container_ports(*template_.pod_template);
    draft_.write(std::move(service));
  }

  void count() {
    crds::ReplicaSetStatus pods;
    for (const ReplicaSetPointer& set : sets_) {
      pods.replicas += set->status.replicas;
      pods.ready_replicas += set->status.ready_replicas;
      pods.available_replicas += set->status.available_replicas;
    }
    const bool has_changed = status_.replicas != pods.replicas || status_.ready_replicas != pods.ready_replicas ||
                             status_.available_replicas != pods.available_replicas;
    status_.replicas = status_.updated_replicas = pods.replicas;
    status_.ready_replicas = pods.ready_replicas;
    status_.available_replicas = pods.available_replicas;
    if (!sets_.empty()) status_.pod_template_hash = hash_of(sets_.front());
    if (!has_changed) return;
    draft_.has_progressed = true;
    status_.last_transition_time = draft_.stamp;
  }

  int available() const {
    int pods = 0;
    for (const ReplicaSetPointer& set : sets_) pods += available_of(set);
    return pods;
  }

  void judge() {
    if (is_final(status_.status)) return;
    const bool has_service = !template_.service || !status_.service_name.empty() || wanted_ == 0;
    if (draft_.is_terminating) return become("Successful");
    if (available() == wanted_ && has_service) return become(draft_.is_over() ? "Successful" : "Running");
    const std::int32_t seconds = draft_.spec.progress_deadline_seconds.value_or(default_progress_deadline);
    const Time deadline = *status_.last_transition_time + kube::seconds(seconds);
    if (draft_.now >= deadline)
      return fail("Failed",
                  fmt::format("Template '{}' exceeded its progressDeadlineSeconds ({})", template_.name, seconds));
    become("Progressing");
    draft_.wake(deadline);
    hold_for_pods();
  }

  void become(std::string_view status) {
    if (status_.status != status && !is_new_) status_.last_transition_time = draft_.stamp;
    status_.status = crds::Word(status);
    status_.message.clear();
  }

  void hold_for_pods() {
    if (available() == wanted_)
      return draft_.hold("service", fmt::format("template '{}' waits for its Service", template_.name),
                         "the Service is there", status_.last_transition_time);
    std::string sentence =
        fmt::format("template '{}': {} of {} pods are available", template_.name, available(), wanted_);
    for (const ReplicaSetPointer& set : sets_)
      for (const crds::WorkloadCondition& condition : set->status.conditions)
        if (condition.type == "ReplicaFailure" && condition.status == "True")
          sentence += fmt::format("; pods cannot be made: {}", condition.message);
    draft_.hold("pods", std::move(sentence), "more pods become available", status_.last_transition_time);
  }

  void tell_of_change() {
    std::string text = fmt::format("Template '{}' transitioned from {} -> {}", template_.name, before_.status.view(),
                                   status_.status.view());
    if (!status_.message.empty()) text += ": " + status_.message;
    draft_.tell(is_bad(status_.status), fmt::format("Template{}", status_.status.view()), std::move(text));
  }

  ExperimentDraft& draft_;
  const crds::ExperimentTemplate& template_;
  const std::string base_;  // the name of its ReplicaSet
  std::vector<ReplicaSetPointer> sets_;
  crds::ExperimentTemplateStatus before_;
  crds::ExperimentTemplateStatus status_;
  bool is_new_ = true;
  int wanted_ = 0;  // pods
};

// Templates with a ReplicaSet or Service that the spec does not name any more.
std::set<std::string> templates_gone(const ExperimentDraft& draft) {
  std::set<std::string> names;
  const auto look_at = [&](const kube::ObjectMeta& meta) {
    const std::string* name = meta.annotations.find(keys::experiment_template);
    const auto is_this = [&](const crds::ExperimentTemplate& one) { return name && one.name == *name; };
    if (name && draft.is_ours(meta) && std::none_of(draft.spec.templates.begin(), draft.spec.templates.end(), is_this))
      names.insert(*name);
  };
  for (const ReplicaSetPointer& set : draft.seen.replica_sets)
    if (set) look_at(set->meta);
  for (const ServicePointer& service : draft.seen.services)
    if (service) look_at(service->meta);
  return names;
}

}  // namespace

void run_templates(ExperimentDraft& draft) {
  std::vector<crds::ExperimentTemplateStatus> statuses;
  for (const crds::ExperimentTemplate& one : draft.spec.templates) {
    const bool is_repeated =
        std::any_of(statuses.begin(), statuses.end(), [&](const auto& status) { return status.name == one.name; });
    if (!is_repeated) statuses.push_back(TemplateRun(draft, one).run());
  }
  // A template that was taken out of the spec leaves its pods behind.
  for (const std::string& name : templates_gone(draft)) {
    crds::ExperimentTemplate gone;
    gone.name = name;
    gone.replicas = 0;
    TemplateRun(draft, gone).end();
  }
  draft.status.template_statuses = std::move(statuses);
}

std::vector<std::string> replica_sets_named_by(const crds::Experiment& experiment) {
  std::vector<std::string> names;
  for (const crds::ExperimentTemplate& one : experiment.spec->templates) {
    names.push_back(crds::experiment_object_name(experiment.meta.name, one.name));
    if (one.pod_template) names.push_back(names.back() + "-" + hash_for(experiment, one));
  }
  return names;
}

std::vector<std::string> services_named_by(const crds::Experiment& experiment) {
  std::vector<std::string> names;
  for (const crds::ExperimentTemplate& one : experiment.spec->templates)
    if (std::string name = service_name_of(experiment, one); !name.empty()) names.push_back(std::move(name));
  return names;
}

}  // namespace sluice::controller
