// JSON <-> Rollout.
#include "crds/convert.h"
#include "crds/decode.h"
#include "crds/rollout.h"

namespace sluice::crds {
namespace {

// What is read when the spec is known already.
struct WithoutSpec {
  Rollout& rollout;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.rollout.meta);
    visit("status", self.rollout.status);
  }
};

bool has_same_spec(const json::value& object, const Rollout& before) {
  return kube::text_at(object, {"metadata", "uid"}) == before.meta.uid && !before.meta.uid.empty() &&
         kube::number_at(object, {"metadata", "generation"}, -1) == before.meta.generation;
}

}  // namespace

std::shared_ptr<const Rollout> decode_rollout(const json::value& object, kube::Mistakes& mistakes,
                                              const Rollout* before) {
  if (!before || !object.is_object() || !has_same_spec(object, *before)) return read_object<Rollout>(object, mistakes);
  auto rollout = std::make_shared<Rollout>();
  const kube::JsonPath root;
  kube::Decoder decoder(object.get_object(), mistakes, root);
  WithoutSpec rest{*rollout};
  WithoutSpec::fields(rest, decoder);
  drop_unused(rollout->meta);
  rollout->spec = before->spec;
  return rollout;
}

json::value encode_spec(const RolloutSpec& spec) { return kube::encode(spec); }
json::value encode_status(const RolloutStatus& status) { return kube::encode(status); }
json::value encode(const Rollout& rollout) {
  return with_kind("argoproj.io/v1alpha1", "Rollout", kube::encode(rollout));
}

}  // namespace sluice::crds
