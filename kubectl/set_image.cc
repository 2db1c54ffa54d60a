// `set image`: a new image for one container, or for all of them.
#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kubectl/command.h"
#include "kubectl/image_change.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

// An edit of somebody else in between is answered by reading again, five times at most.
constexpr int attempts = 5;

int set_image(const Call& call) {
  const std::size_t sign = call.names[1].find('=');
  if (sign == 0 || sign == std::string::npos || sign != call.names[1].rfind('=') || sign + 1 == call.names[1].size())
    throw UsageError("expected CONTAINER=IMAGE, not \"" + call.names[1] + "\"");
  const std::string container = call.names[1].substr(0, sign);
  const std::string image = call.names[1].substr(sign + 1);
  Cluster cluster(call);
  for (int attempt = 1;; ++attempt) {
    kube::Resource resource = kube::resources::rollouts;
    kube::ObjectKey key{cluster.ns(), call.names[0]};
    json::value object = cluster.run(cluster.client().get(resource, key));
    if (const json::value* reference = kube::find_at(object, {"spec", "workloadRef"}); reference != nullptr) {
      if (kube::text_at(*reference, {"kind"}) != "Deployment")
        throw CommandError("the pod template comes from " + std::string(kube::text_at(*reference, {"kind"})) + " " +
                           std::string(kube::text_at(*reference, {"name"})) + "; set the image there");
      resource = kube::resources::deployments;
      key.name = kube::text_at(*reference, {"name"});
      object = cluster.run(cluster.client().get(resource, key));
    }
    const std::string body = image_patch(object, container, image);
    if (body.empty()) throw CommandError(fmt::format("unable to find container named \"{}\"", container));
    kube::Patch patch;
    patch.type = kube::PatchType::json;
    patch.body = body;
    try {
      cluster.run(cluster.client().patch(resource, key, std::move(patch)));
    } catch (const CommandError&) {
      if (attempt == attempts) throw;
      continue;
    }
    std::printf("%s \"%s\" image updated\n", resource.kind == "Rollout" ? "rollout" : "deployment", key.name.c_str());
    return 0;
  }
}

}  // namespace

void add_set_image(std::vector<Command>& commands) {
  commands.push_back({{"set", "image"},
                      {},
                      "ROLLOUT CONTAINER=IMAGE",
                      "set the image of a container (* for all)",
                      NameCount{2, 2},
                      {},
                      set_image});
}

}  // namespace sluice::kubectl
