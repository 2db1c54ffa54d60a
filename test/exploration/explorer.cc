// The search.
#include "explorer.h"

#include <algorithm>
#include <ctime>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

namespace sluice::exploration {
namespace {

constexpr std::uint64_t hash_seed = 0x5eed;
constexpr std::size_t longest_way = 400;
constexpr std::size_t told_violations = 3;

struct Node {
  State state;
  std::uint32_t parent = 0;
  std::uint32_t depth = 0;
};

// All states that were met, each once; whole states are compared, so that no two are ever taken for one.
class Visited {
 public:
  explicit Visited(std::size_t most) {
    std::size_t size = 1024;
    while (size < most * 2) size *= 2;
    places_.assign(size, none);
  }
  // False when it was there already.
  bool add(const State& state, std::uint32_t parent, std::uint32_t depth) {
    const std::size_t mask = places_.size() - 1;
    for (std::size_t at = hash_of(state, hash_seed).low & mask;; at = (at + 1) & mask) {
      if (places_[at] == none) {
        places_[at] = static_cast<std::uint32_t>(nodes.size());
        nodes.push_back({state, parent, depth});
        return true;
      }
      if (nodes[places_[at]].state == state) return false;
    }
  }
  std::vector<Node> nodes;

 private:
  static constexpr std::uint32_t none = 0xffffffffu;
  std::vector<std::uint32_t> places_;
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

class Search {
 public:
  Search(const Configuration& configuration, const Limits& limits)
      : model_(configuration), limits_(limits), visited_(limits.states) {
    result_.name = configuration.name;
  }

  Exploration run() {
    const double began = cpu_seconds();
    visited_.add(model_.first(), 0, 0);
    std::size_t at = 0;
    for (; at < visited_.nodes.size() && !is_full_; ++at) visit(static_cast<std::uint32_t>(at));
    result_.ran_empty = at == visited_.nodes.size() && !is_full_;
    result_.states = visited_.nodes.size();
    result_.depth = static_cast<int>(visited_.nodes.back().depth);
    result_.decisions = model_.decisions();
    result_.seconds = cpu_seconds() - began;
    return std::move(result_);
  }

 private:
  void visit(std::uint32_t index) {
    const State state = visited_.nodes[index].state;
    const std::uint32_t depth = visited_.nodes[index].depth;
    model_.violations.clear();
    const std::vector<Step> steps = model_.steps(state);
    for (const std::string& violation : model_.violations) tell(violation, index);
    for (const Step& step : steps) {
      ++result_.transitions;
      if (is_full_) break;
      visited_.add(step.to, index, depth + 1);
      is_full_ = visited_.nodes.size() >= limits_.states;
    }
    if (index % limits_.purity_each == 0 && state.pending == 0)
      if (const std::string why = model_.why_not_pure(state); !why.empty()) tell("purity: " + why, index);
    if (index % limits_.liveness_each == 0) {
      check_liveness(index, true);
      check_liveness(index, false);
    }
  }

  // Once nothing goes wrong any more, the one fair way has to end in a good place.
  void check_liveness(std::uint32_t index, bool verdict_is_good) {
    ++result_.walks;
    auto& known = verdict_is_good ? known_good_ : known_bad_verdict_;
    State state = Model::without_faults(visited_.nodes[index].state);
    std::vector<Hash> way;
    std::set<std::pair<std::uint64_t, std::uint64_t>> on_the_way;
    model_.violations.clear();
    for (std::size_t count = 0; count < longest_way; ++count) {
      const Hash128 hash = hash_of(state, hash_seed);
      if (known.contains(Hash{hash})) return remember(known, way);
      if (!on_the_way.emplace(hash.low, hash.high).second)
        return tell("L1, I9: it goes round in a circle: " + model_.described(state), index);
      way.push_back(Hash{hash});
      const std::optional<Step> step = model_.fair_step(state, verdict_is_good);
      if (!step) {
        const std::string why = model_.why_not_settled(state);
        if (!why.empty()) return tell("L1: " + why + ": " + model_.described(state), index);
        return remember(known, way);
      }
      state = step->to;
    }
    tell(fmt::format("L1: it does not come to rest within {} steps: {}", longest_way, model_.described(state)), index);
  }

  struct Hash {
    Hash128 value;
    bool operator==(const Hash&) const = default;
  };
  struct HashOfHash {
    std::size_t operator()(const Hash& hash) const { return hash.value.low; }
  };
  using Known = std::unordered_set<Hash, HashOfHash>;
  static void remember(Known& known, const std::vector<Hash>& way) { known.insert(way.begin(), way.end()); }

  void tell(const std::string& violation, std::uint32_t index) {
    const std::string kind = violation.substr(0, violation.find(':'));
    if (!told_.insert(kind).second || result_.violations.size() >= told_violations) return;
    result_.violations.push_back(violation + "\n" + way_to(index));
  }

  std::string way_to(std::uint32_t index) {
    std::vector<std::uint32_t> way{index};
    while (way.back() != 0) way.push_back(visited_.nodes[way.back()].parent);
    std::reverse(way.begin(), way.end());
    std::string text = "  at first: " + model_.described(visited_.nodes[0].state) + "\n";
    for (std::size_t at = 1; at < way.size(); ++at) {
      const State& to = visited_.nodes[way[at]].state;
      for (const Step& step : model_.steps(visited_.nodes[way[at - 1]].state))
        if (step.to == to) {
          text += fmt::format("  {:>3}. {}: {}\n", at, step.what, model_.described(to));
          break;
        }
    }
    for (const Step& step : model_.steps(visited_.nodes[index].state)) text += "    next could be: " + step.what + "\n";
    model_.violations.clear();
    return text;
  }

  Model model_;
  Limits limits_;
  Visited visited_;
  Known known_good_, known_bad_verdict_;
  std::set<std::string> told_;
  Exploration result_;
  bool is_full_ = false;
};

}  // namespace

Exploration explore(const Configuration& configuration, const Limits& limits) {
  return Search(configuration, limits).run();
}

}  // namespace sluice::exploration
