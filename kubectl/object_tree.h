// The tree under the header of `get`: rows of objects with their branches, in the layout that users of Argo Rollouts
// know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kubectl/text.h"
#include "view/experiment_view.h"
#include "view/rollout_view.h"

namespace sluice::kubectl {

// "Name:            web" and a line feed.
std::string line(std::string_view label, std::string_view value);
// "✔ Healthy", or the text alone when there is no sign.
std::string with_sign(const Paint& paint, std::string_view sign, std::string_view text);
// The lines of a header that name the images; "" without any.
std::string image_lines(const std::vector<view::ImageView>& images, const Paint& paint);

class ObjectTree {
 public:
  // `wide` adds the messages of analysis runs. `paint` outlives the tree.
  ObjectTree(const Paint& paint, bool wide);

  // The root, with all below it.
  void add(const view::RolloutView& rollout);
  void add(const view::ExperimentView& experiment);
  void add(const view::AnalysisRunView& run);

  std::string text() const { return table_.text(); }

 private:
  // A branch is what stands before the name of a child; what is below stands before the names below that child.
  struct Stem {
    Stem() = default;
    Stem(const std::string& before, bool last)
        : branch(before + (last ? "└──" : "├──")), below(before + (last ? "   " : "│  ")) {}
    std::string branch;
    std::string below;
  };

  void add(const view::RevisionView& revision, const Stem& stem);
  void add(const view::ReplicaSetView& set, const Stem& stem);
  void add(const view::PodView& pod, const Stem& stem);
  void add(const view::ExperimentView& experiment, const Stem& stem);
  void add(const view::AnalysisRunView& run, const Stem& stem);
  void add(const view::JobView& job, const Stem& stem);

  const Paint& paint_;
  bool wide_;
  Table table_;
};

}  // namespace sluice::kubectl
