// The engines of sequential analysis against 87 values that were computed with 60 digits.
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "analysis/sequential/beta_evidence.h"
#include "analysis/sequential/log_sum.h"
#include "analysis/sequential/mean_engine.h"
#include "analysis/sequential/rate_bound.h"
#include "analysis/sequential/ratio_engine.h"
#include "analysis/sequential/share_engine.h"

namespace sluice::analysis::sequential {
namespace {

struct Row {
  std::string id, kind;
  std::map<std::string, double> params;
  std::vector<std::vector<double>> data;
  double expected = 0;
};

double number(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  BOOST_REQUIRE_MESSAGE(read.ec == std::errc() && read.ptr == text.data() + text.size(), "no number: " << text);
  return value;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

std::vector<Row> read_rows() {
  std::ifstream file(SLUICE_SOURCE_DIR "/test/data/analysis/sequential-vectors.tsv");
  std::string line;
  std::getline(file, line);
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line, '\t');
    BOOST_REQUIRE(cells.size() == 5u);
    Row row{cells[0], cells[1], {}, {}, number(cells[4])};
    if (cells[2] != "-")
      for (const std::string& pair : split(cells[2], ';'))
        row.params[pair.substr(0, pair.find('='))] = number(pair.substr(pair.find('=') + 1));
    if (cells[3] != "-")
      for (const std::string& block : split(cells[3], '|')) {
        row.data.emplace_back();
        for (const std::string& cell : split(block, ',')) row.data.back().push_back(number(cell));
      }
    rows.push_back(std::move(row));
  }
  return rows;
}

Block block_of(const std::vector<double>& cells) { return {cells[0], cells[1], cells[2], cells[3]}; }

double share_pass(const Row& row) {
  SharePassEvidence evidence{};
  for (const auto& cells : row.data) add(evidence, row.params.at("rho0"), block_of(cells));
  return log_evidence(evidence);
}

double ratio(const Row& row, Side side) {
  const RatioTest test{side, row.params.at("rho0"), row.params.at("delta"), row.params.at("phi")};
  RatioEvidence evidence{};
  for (const auto& cells : row.data) add(evidence, test, block_of(cells));
  return log_evidence(evidence);
}

double share_fail(const Row& row) {
  const ShareFailTest test{row.params.at("rho0"), row.params.at("delta"), row.params.at("hmax")};
  ShareFailEvidence evidence{};
  for (const auto& cells : row.data) add(evidence, test, block_of(cells));
  return log_evidence(evidence);
}

double mean(const Row& row) {
  MeanBets bets{};
  for (const auto& cells : row.data) add(bets, cells[0]);
  return log_evidence(bets);
}

double compute(const Row& row) {
  const auto at = [&](const char* name) { return row.params.at(name); };
  if (row.kind == "beta") return log_beta_evidence(at("x"), at("m"), at("theta0"), {at("a"), at("b")});
  if (row.kind == "ratio_fail") return ratio(row, Side::fail);
  if (row.kind == "ratio_pass") return ratio(row, Side::pass);
  if (row.kind == "share_fail") return share_fail(row);
  if (row.kind == "share_pass") return share_pass(row);
  if (row.kind == "pass_mix") {
    const std::array<double, 2> both{share_pass(row), ratio(row, Side::pass)};
    return log_mean_exp(both);
  }
  if (row.kind == "mean") return mean(row);
  if (row.kind == "rate_upper") return log_evidence_below(at("u"), at("X"), at("N"), at("phi"));
  BOOST_FAIL("unknown kind " + row.kind);
  return 0;
}

BOOST_AUTO_TEST_SUITE(sequential_vectors)

BOOST_AUTO_TEST_CASE(all_rows_agree_to_nine_digits) {
  const std::vector<Row> rows = read_rows();
  BOOST_TEST(rows.size() == 87u);
  for (const Row& row : rows) {
    const double got = compute(row);
    BOOST_TEST(std::abs(got - row.expected) <= 1e-9 * std::max(1.0, std::abs(row.expected)),
               row.id << " " << row.kind << ": " << got << " instead of " << row.expected);
  }
}

BOOST_AUTO_TEST_CASE(the_bound_of_a_rate_follows_the_rule_of_three) {
  BOOST_TEST(upper_rate(0, 0, 1, .05) == 1);
  // ln(20) / 3000 is 0.000998; the grid costs a little more.
  BOOST_TEST(upper_rate(0, 3000, 1, .05) > .000998);
  BOOST_TEST(upper_rate(0, 3000, 1, .05) < .0016);
  const double bound = upper_rate(3, 10'000, 1, .05);
  BOOST_TEST(std::abs(log_evidence_below(bound, 3, 10'000, 1) - std::log(20)) < 1e-6);
}

BOOST_AUTO_TEST_CASE(the_upper_incomplete_beta_keeps_its_logarithm) {
  // I(x; 1, b) = 1 - (1-x)^b and I(x; a, 1) = x^a.
  BOOST_TEST(std::abs(log_upper_beta(.3, 1, 2000) - 2000 * std::log1p(-.3)) < 1e-9 * 713);
  BOOST_TEST(std::abs(log_upper_beta(.3, 5, 1) - std::log1p(-std::pow(.3, 5))) < 1e-12);
  BOOST_TEST(log_upper_beta(0, 2, 3) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis::sequential
