// One HTTP exchange with what the operator alone names.
#include "analysis/fetch/operator_wire.h"

#include <memory>

namespace sluice::analysis {

FetchHttp fetch_for_operator() {
  kube::HttpClientOptions options;
  options.connect_deadline = std::chrono::seconds{5};
  options.body_limit = largest_answer;
  options.header_limit = std::size_t{32} << 10;
  auto verifying = std::make_shared<kube::HttpClient>(options);
  options.tls.verify = false;
  auto trusting = std::make_shared<kube::HttpClient>(options);
  return [verifying, trusting](kube::HttpRequest request, bool verify) {
    return (verify ? verifying : trusting)->send(std::move(request));
  };
}

}  // namespace sluice::analysis
