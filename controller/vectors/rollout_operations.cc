// The questions of `sluice vectors` about Rollouts.
#include <utility>

#include <boost/json.hpp>

#include "controller/phase.h"
#include "controller/vectors/operations.h"
#include "crds/decode.h"
#include "crds/pod_template_hash.h"
#include "crds/rollout.h"
#include "kube/json.h"

namespace sluice::controller::vectors {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;

Answer invalid(std::string message) { return Error{Fault::invalid, std::move(message)}; }

}  // namespace

Answer hash(const json::value& in) {
  const json::value* text = kube::find_at(in, {"template"});
  const crds::PodTemplatePointer pod_template = text ? crds::make_pod_template(*text) : nullptr;
  if (!pod_template) return invalid("template must be a PodTemplateSpec");
  std::optional<std::int32_t> collisions;
  const json::value* count = kube::find_at(in, {"collisionCount"});
  if (count && !count->is_null()) {
    boost::system::error_code fault;
    collisions = count->to_number<std::int32_t>(fault);
    if (fault.failed()) return invalid("collisionCount must be a whole number or null");
  }
  return json::value(crds::pod_template_hash(*pod_template, collisions));
}

Answer phase(const json::value& in) {
  kube::Mistakes mistakes;
  const auto rollout = crds::decode_rollout(in, mistakes);
  if (!mistakes.empty()) return invalid(kube::describe(mistakes));
  // There is no clock here: every restart that is asked for counts as due, as it does for the reference.
  const PhaseAndMessage found =
      phase_of(*rollout->spec, rollout->status, rollout->spec->replicas.value_or(1), kube::Time::max());
  return json::object{{"phase", found.phase}, {"message", found.message}};
}

}  // namespace sluice::controller::vectors
