// Running processes that elect a leader.
#include "led_process.h"

namespace sluice::simulation {
namespace {

constexpr auto time_limit = std::chrono::seconds(2);

kube::LeaseSettings settings_of(std::string identity) {
  kube::LeaseSettings settings;
  settings.identity = std::move(identity);
  return settings;
}

}  // namespace

kube::net::awaitable<kube::Result<kube::ApiResponse>> CutLink::send(kube::ApiRequest request) {
  if (!is_cut) co_return co_await inner_.send(std::move(request));
  co_await clock_.sleep_for(time_limit);
  co_return kube::Error{kube::Fault::timeout, "no answer in time"};
}

kube::net::awaitable<kube::Result<kube::ApiStream>> CutLink::open(kube::ApiRequest request) {
  if (!is_cut) co_return co_await inner_.open(std::move(request));
  co_await clock_.sleep_for(time_limit);
  co_return kube::Error{kube::Fault::timeout, "no answer in time"};
}

// Notes when writes are carried out.
class LedProcess::Counting final : public kube::Transport {
 public:
  Counting(kube::Transport& inner, LedProcess& process) : inner_(inner), process_(process) {}
  kube::net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override {
    if (request.method != "GET" && request.target.find("/leases") == std::string::npos)
      process_.writes_.push_back(process_.clock_.now());
    co_return co_await inner_.send(std::move(request));
  }
  kube::net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override {
    co_return co_await inner_.open(std::move(request));
  }

 private:
  kube::Transport& inner_;
  LedProcess& process_;
};

LedProcess::LedProcess(World& world, std::string identity)
    : world_(world),
      clock_(world.clock()),
      log_(
          kube::LogLevel::error, kube::LogFormat::text, [this] { return clock_.now(); }, [](std::string_view) {}),
      api_(world.api(), world.acting()),
      counting_(std::make_unique<Counting>(api_, *this)),
      link_(*counting_, clock_),
      fence_(link_, [this] { return leads(); }),
      client_(fence_),
      lease_client_(link_),
      election_(lease_client_, clock_, log_, {"default", "sluice"}, settings_of(std::move(identity))),
      events_(client_, clock_, log_, "rollouts-controller"),
      stores_({}),
      rollouts_(client_, stores_, events_, clock_, log_, {}),
      tasks_(world.io().get_executor(), log_),
      leading_(world.io().get_executor(), log_) {
  stores_.start(tasks_, client_, clock_, log_);
  election_.listen([this](bool leads) { leadership_changed(leads); });
  tasks_.start("election", election_.run());
}

LedProcess::~LedProcess() {
  leading_.stop();
  tasks_.stop();
  world_.io().restart();
  while (world_.io().poll() > 0) world_.io().restart();
}

void LedProcess::leadership_changed(bool leads) {
  if (leads) return leading_.start("start of the controllers", start_controllers());
  has_ended_ = true;
  leading_.stop();
}

kube::net::awaitable<void> LedProcess::start_controllers() {
  while (!stores_.not_synced().empty()) co_await clock_.sleep_for(std::chrono::milliseconds(10));
  events_.start(leading_);
  rollouts_.start(leading_);
}

}  // namespace sluice::simulation
