// Collects analysis templates from the stores: those that somebody names, and those that these name in turn.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controller/stores.h"

namespace sluice::controller {

// Each template is visited once, so that a circle ends. `stores` outlives the walk.
class TemplateWalk {
 public:
  using Templates = std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>>;

  TemplateWalk(const Stores& stores, std::string ns) : stores_(stores), ns_(std::move(ns)) {}

  void follow(const std::vector<crds::TemplateReference>& references);

  // Also those that do not exist.
  const std::set<kube::ObjectKey>& visited() const { return visited_; }
  Templates templates;
  Templates cluster_templates;

 private:
  const Stores& stores_;
  std::string ns_;
  std::set<kube::ObjectKey> visited_;
};

}  // namespace sluice::controller
