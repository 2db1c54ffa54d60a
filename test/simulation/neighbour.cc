// A small canary without a router.
#include "neighbour.h"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace sluice::simulation {

void Neighbour::settle() {
  world_.apply(
      "apiVersion: v1\nkind: Service\nmetadata: {name: neighbour, annotations: {sluice.dev/traffic: '20'}}\n"
      "spec: {selector: {app: neighbour}, ports: [{port: 80, targetPort: 8080}]}\n");
  apply();
}

void Neighbour::update() {
  const std::string before = world_.stable("neighbour");
  ++version_;
  apply();
  const auto is_done = [&] { return world_.is("neighbour", "Healthy") && world_.stable("neighbour") != before; };
  BOOST_TEST(world_.until(is_done, std::chrono::minutes(1)),
             "the healthy rollout beside it does not update: " << world_.phase("neighbour") << " "
                                                               << world_.message("neighbour"));
}

void Neighbour::apply() {
  world_.apply(fmt::format(
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: neighbour}}\nspec:\n  replicas: 2\n"
      "  selector: {{matchLabels: {{app: neighbour}}}}\n  template:\n    metadata: {{labels: {{app: neighbour}}}}\n"
      "    spec:\n      containers:\n        - name: main\n          image: 'example/neighbour:v{}'\n"
      "          ports: [{{containerPort: 8080}}]\n"
      "          lifecycle: {{preStop: {{exec: {{command: [sleep, '2']}}}}}}\n"
      "  strategy: {{canary: {{maxSurge: 1, maxUnavailable: 0, steps: [{{setWeight: 50}}]}}}}\n",
      version_));
}

}  // namespace sluice::simulation
