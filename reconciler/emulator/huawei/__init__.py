"""Huawei Cloud: ELB v3 (L7), VPC v3 (security groups) and as much IAM as their clients need."""
